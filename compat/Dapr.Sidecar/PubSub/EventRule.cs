using System.Text.Json;
using System.Text.RegularExpressions;
using Dapr.Sidecar.Errors;

namespace Dapr.Sidecar.PubSub;

/// <summary>
/// The part of CEL that routing needs: <c>event.type == "x" &amp;&amp; event.data.kind != 'y' || ...</c>, without brackets and functions. Anything else never holds.
/// </summary>
internal sealed partial class EventRule
{
    private readonly Comparison[][] _anyOfAll;

    private EventRule(string text, Comparison[][] anyOfAll) => (Text, _anyOfAll) = (text, anyOfAll);

    public string Text { get; }

    public static EventRule Parse(string text)
    {
        var anyOfAll = new List<Comparison[]>();
        foreach (var all in Split(text, "||"))
        {
            var parts = Split(all, "&&").Select(p => Term().Match(p.Trim())).ToArray();
            if (parts.All(p => p.Success))
                anyOfAll.Add([.. parts.Select(p => new Comparison(p.Groups["path"].Value.Split('.'), p.Groups["op"].Value == "==", Unquote(p.Groups["value"].Value)))]);
        }
        return new(text, [.. anyOfAll]);
    }

    public bool Holds(JsonElement cloudEvent) => _anyOfAll.Any(all => all.All(c => c.Holds(cloudEvent)));

    /// <summary>At the operator, where it is outside quotes.</summary>
    private static IEnumerable<string> Split(string text, string by)
    {
        var start = 0;
        var quote = '\0';
        for (var i = 0; i < text.Length; i++)
        {
            if (quote != '\0')
                quote = text[i] == quote ? '\0' : quote;
            else if (text[i] is '"' or '\'')
                quote = text[i];
            else if (string.CompareOrdinal(text, i, by, 0, by.Length) == 0)
            {
                yield return text[start..i];
                start = i + by.Length;
            }
        }
        yield return text[start..];
    }

    private static string Unquote(string value) => value[0] is '"' or '\'' ? value[1..^1] : value;

    private sealed record Comparison(string[] Path, bool IsEqual, string Value)
    {
        public bool Holds(JsonElement cloudEvent)
        {
            foreach (var name in Path)
                if (!Json.TryGet(cloudEvent, name, out cloudEvent))
                    return false;
            var text = cloudEvent.ValueKind is JsonValueKind.True or JsonValueKind.False ? cloudEvent.GetRawText() : cloudEvent.ToString();
            return text == Value == IsEqual;
        }
    }

    [GeneratedRegex("""^event\.(?<path>[A-Za-z_]\w*(\.[A-Za-z_]\w*)*)\s*(?<op>==|!=)\s*(?<value>"[^"]*"|'[^']*'|-?\d+(\.\d+)?|true|false)$""")]
    private static partial Regex Term();
}
