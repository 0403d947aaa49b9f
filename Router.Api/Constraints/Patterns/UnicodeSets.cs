using System.Collections.Concurrent;
using System.Globalization;

namespace Router.Api.Constraints.Patterns;

/// <summary>The characters of a Unicode general category, as <c>\p{L}</c> or <c>\p{Lowercase_Letter}</c> names it.</summary>
internal static class UnicodeSets
{
    private static readonly (string Short, string Long)[] Categories =
    [
        ("Lu", "Uppercase_Letter"), ("Ll", "Lowercase_Letter"), ("Lt", "Titlecase_Letter"), ("Lm", "Modifier_Letter"), ("Lo", "Other_Letter"),
        ("Mn", "Nonspacing_Mark"), ("Mc", "Spacing_Mark"), ("Me", "Enclosing_Mark"), ("Nd", "Decimal_Number"), ("Nl", "Letter_Number"), ("No", "Other_Number"),
        ("Zs", "Space_Separator"), ("Zl", "Line_Separator"), ("Zp", "Paragraph_Separator"), ("Cc", "Control"), ("Cf", "Format"), ("Cs", "Surrogate"), ("Co", "Private_Use"),
        ("Pc", "Connector_Punctuation"), ("Pd", "Dash_Punctuation"), ("Ps", "Open_Punctuation"), ("Pe", "Close_Punctuation"), ("Pi", "Initial_Punctuation"),
        ("Pf", "Final_Punctuation"), ("Po", "Other_Punctuation"), ("Sm", "Math_Symbol"), ("Sc", "Currency_Symbol"), ("Sk", "Modifier_Symbol"), ("So", "Other_Symbol"),
        ("Cn", "Unassigned"),
    ];

    private static readonly Dictionary<string, string> Groups = new()
    {
        ["Letter"] = "L", ["Mark"] = "M", ["Number"] = "N", ["Separator"] = "Z", ["Punctuation"] = "P", ["Symbol"] = "S", ["Other"] = "C",
    };

    private static readonly ConcurrentDictionary<string, CharSet?> Known = new();

    /// <summary>Null for a property that is no general category.</summary>
    public static CharSet? Of(string property)
    {
        var equals = property.IndexOf('=');
        if (equals >= 0 && property[..equals] is not ("General_Category" or "gc"))
            return null;
        var name = property[(equals + 1)..];
        return name.Length > 32 ? null : name switch
        {
            "Any" when equals < 0 => CharSet.Any,
            "ASCII" when equals < 0 => CharSet.Of((0, 0x7F)),
            _ when Find(name) is { Length: > 0 } wanted => Known.GetOrAdd(wanted, Collect),
            _ => null,
        };
    }

    private static string Find(string name) =>
        Categories.FirstOrDefault(c => c.Short == name || c.Long == name).Short ?? Groups.GetValueOrDefault(name) ?? (Groups.ContainsValue(name) ? name : "");

    private static CharSet Collect(string category)
    {
        var ranges = new List<(int, int)>();
        var start = -1;
        for (var value = 0; value <= CharSet.Last + 1; value++)
        {
            // UnicodeCategory counts in the order of the table above.
            var isOfIt = value <= CharSet.Last && Categories[(int)CharUnicodeInfo.GetUnicodeCategory(value)].Short.StartsWith(category, StringComparison.Ordinal);
            if (isOfIt && start < 0)
                start = value;
            else if (!isOfIt && start >= 0)
            {
                ranges.Add((start, value - 1));
                start = -1;
            }
        }
        return CharSet.Of(ranges);
    }
}
