using System.Text;

namespace SelfPrompt.Agent.Proposing;

/// <summary>Text from outside in a prompt: bounded, on one line, between marks that it cannot write itself.</summary>
internal static class Fence
{
    public const string Open = "<<<", Close = ">>>";
    private const int MostCharacters = 600;

    public static string Around(string text) => $"{Open}{Line(text, MostCharacters)}{Close}";

    /// <summary>With marks of quotation that end no other's quotation.</summary>
    public static string Unquoted(string text) => string.Concat(text.Select(c => c is '"' or '“' or '”' or '„' or '«' or '»' ? '\'' : c));

    /// <summary>Without control characters, marks, and half surrogates.</summary>
    public static string Line(string text, int most)
    {
        var line = new StringBuilder(Math.Min(text.Length, most));
        foreach (var rune in text.EnumerateRunes())
        {
            if (line.Length + rune.Utf16SequenceLength > most)
                break;
            var isPlain = !Rune.IsControl(rune) && Rune.GetUnicodeCategory(rune) is not (System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator);
            line.Append(!isPlain || rune.Value is '<' or '>' ? " " : rune.ToString());
        }
        return line.ToString().Trim();
    }
}
