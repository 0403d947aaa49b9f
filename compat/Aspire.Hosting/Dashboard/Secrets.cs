using System.Text.RegularExpressions;

namespace Aspire.Hosting.Dashboard;

/// <summary>What the resource page must not show. In doubt a value is masked: the real one never leaves the process.</summary>
internal static partial class Secrets
{
    public const string Mask = "••••••";

    private static readonly string[] Words =
        ["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PWD", "CREDENTIAL", "CONNECTIONSTRING", "CONNECTION_STRING", "AUTH", "HEADERS", "COOKIE", "SIGNATURE"];

    public static bool IsSecret(string name) => Array.Exists(Words, word => name.Contains(word, StringComparison.OrdinalIgnoreCase));

    /// <summary>The value, or the mask where its name or its form tells of a secret.</summary>
    public static string Show(string name, string? value) =>
        string.IsNullOrEmpty(value) ? "" : IsSecret(name) || Telltale().IsMatch(value) ? Mask : value;

    /// <summary>A command line in which the values of flags that name a secret are masked: <c>--api-key x</c> and <c>--api-key=x</c>.</summary>
    public static string Show(IEnumerable<string> arguments)
    {
        var shown = new List<string>();
        var flag = "";
        foreach (var argument in arguments)
        {
            var equals = argument.IndexOf('=', StringComparison.Ordinal);
            var isFlag = argument.StartsWith('-');
            shown.Add(isFlag && equals > 0
                ? $"{argument[..equals]}={Show(argument[..equals], argument[(equals + 1)..])}"
                : isFlag ? argument : Show(flag, argument));
            flag = isFlag && equals < 0 ? argument : "";
        }
        return string.Join(' ', shown.Select(a => a.Contains(' ', StringComparison.Ordinal) ? $"\"{a}\"" : a));
    }

    // user:password@ in an address, and Password=.. in a connection string.
    [GeneratedRegex(@"://[^/\s@]*:[^/\s@]+@|(?:password|pwd|secret|token|key)\s*=", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Telltale();
}
