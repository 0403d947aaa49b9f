namespace Router.Api.Constraints.Patterns;

/// <summary>
/// Values of <c>format</c> as patterns. Each admits common texts of the format, and only texts of it, whichever specification a validator follows:
/// no leap seconds, no 29th of February, no labels that IDNA reserves.
/// </summary>
internal static class PatternFormats
{
    private const string
        Date = @"(?:1[6-9]|2\d)\d\d-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))",
        Time = @"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
        Days = @"(?:\d{1,4}D)", Seconds = @"(?:\d{1,4}S)",
        Clock = $@"T(?:\d{{1,4}}H(?:\d{{1,4}}M{Seconds}?)?|\d{{1,4}}M{Seconds}?|{Seconds})",
        Duration = $@"P(?:\d{{1,4}}W|(?:\d{{1,4}}Y(?:\d{{1,4}}M{Days}?)?|\d{{1,4}}M{Days}?|{Days})(?:{Clock})?|{Clock})",
        Label = "[A-Za-z](?:[A-Za-z0-9]{0,20}[A-Za-z0-9])?(?:-[A-Za-z0-9]{1,10}){0,2}",
        Host = $@"{Label}(?:\.{Label}){{0,3}}",
        Email = $@"[A-Za-z0-9_+-]{{1,24}}(?:\.[A-Za-z0-9_+-]{{1,24}}){{0,2}}@(?:{Label}\.){{1,3}}[A-Za-z]{{2,12}}",
        Byte = @"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)",
        Group = "[0-9a-fA-F]{1,4}",
        Path = @"(?:/(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})*)*", Tail = @"(?:\?[A-Za-z0-9._~=&-]*)?(?:#[A-Za-z0-9._~-]*)?",
        Uri = $@"https?://{Host}(?::[1-9]\d{{0,3}})?{Path}{Tail}",
        Reference = $@"(?:{Uri}|/(?:[A-Za-z0-9._~-]+{Path})?{Tail}|[A-Za-z0-9._~-]+{Path}{Tail}|#[A-Za-z0-9._~-]*)",
        Pointer = @"(?:/(?:[A-Za-z0-9._ -]|~[01])*)*";

    private static readonly Dictionary<string, string> Known = new()
    {
        ["date"] = $"^{Date}$",
        ["time"] = $"^{Time}$",
        ["date-time"] = $"^{Date}T{Time}$",
        ["duration"] = $"^{Duration}$",
        ["email"] = $"^{Email}$",
        ["idn-email"] = $"^{Email}$",
        ["hostname"] = $"^{Host}$",
        ["idn-hostname"] = $"^{Host}$",
        ["ipv4"] = $@"^{Byte}(?:\.{Byte}){{3}}$",
        ["ipv6"] = $"^(?:(?:{Group}:){{7}}{Group}|(?:(?:{Group}:){{1,3}}|:):(?:{Group}:){{0,2}}{Group})$",
        ["uuid"] = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$",
        ["uri"] = $"^{Uri}$",
        ["iri"] = $"^{Uri}$",
        ["uri-reference"] = $"^{Reference}$",
        ["iri-reference"] = $"^{Reference}$",
        ["uri-template"] = $@"^https?://{Host}(?:/(?:[A-Za-z0-9._~-]*|\{{[A-Za-z0-9_]+\}}))*$",
        ["json-pointer"] = $"^{Pointer}$",
        ["relative-json-pointer"] = $@"^(?:0|[1-9]\d{{0,3}})(?:#|{Pointer})$",
        ["regex"] = @"^(?:[A-Za-z0-9 _,:;@-]|\\[dwsDWS][*+?]?)*$",
    };

    /// <summary>Null for a format that is no specification's: it only describes.</summary>
    public static string? Of(string format) => Known.GetValueOrDefault(format);
}
