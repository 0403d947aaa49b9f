namespace Router.Api.Constraints.Patterns;

/// <summary>Values of <c>format</c> as patterns. Each admits common texts of the format, and only texts of it.</summary>
internal static class PatternFormats
{
    private const string
        Date = @"(?:1[6-9]|2\d)\d\d-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))",
        Time = @"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
        Label = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?",
        Host = $@"{Label}(?:\.{Label}){{0,3}}",
        Byte = @"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)";

    private static readonly Dictionary<string, string> Known = new()
    {
        ["date"] = $"^{Date}$",
        ["time"] = $"^{Time}$",
        ["date-time"] = $"^{Date}T{Time}$",
        ["duration"] = @"^P(?:\d{1,4}W|(?=\d|T)(?:\d{1,4}Y)?(?:\d{1,4}M)?(?:\d{1,4}D)?(?:T(?=\d)(?:\d{1,4}H)?(?:\d{1,4}M)?(?:\d{1,4}S)?)?)$",
        ["email"] = $@"^[A-Za-z0-9_+-]{{1,24}}(?:\.[A-Za-z0-9_+-]{{1,24}}){{0,2}}@(?:{Label}\.){{1,3}}[A-Za-z]{{2,12}}$",
        ["hostname"] = $"^{Host}$",
        ["ipv4"] = $@"^{Byte}(?:\.{Byte}){{3}}$",
        ["ipv6"] = "^(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}$",
        ["uuid"] = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$",
        ["uri"] = $@"^https?://{Host}(?:/[A-Za-z0-9._~-]*)*$",
    };

    public static string? Of(string format) => Known.GetValueOrDefault(format);
}
