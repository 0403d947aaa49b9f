using System.Globalization;
using System.Text;
using Spectre.Console;

namespace Mesh.Tool.Governance;

/// <summary>
/// Text that others wrote, as a terminal may show it. Control characters, and those that turn the direction of writing, are shown as their codes: what people read before they
/// sign is what they sign.
/// </summary>
internal static class Plain
{
    public static string Of(string? text)
    {
        var plain = new StringBuilder();
        foreach (var rune in (text ?? "").EnumerateRunes())
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
                plain.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
            else
                plain.Append(rune);
        return plain.ToString();
    }

    /// <summary>The same as a part of Spectre's markup.</summary>
    public static string Markup(string? text) => Spectre.Console.Markup.Escape(Of(text));

    /// <summary>The format is markup, the values are plain.</summary>
    public static string Markup(FormattableString text) =>
        string.Format(CultureInfo.InvariantCulture, text.Format, [.. text.GetArguments().Select(a => (object)Markup(Convert.ToString(a, CultureInfo.InvariantCulture)))]);
}
