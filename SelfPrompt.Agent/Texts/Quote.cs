namespace SelfPrompt.Agent.Texts;

/// <summary>Text from outside as it may stand in a finding: short, on one line, between quotes that it cannot end itself.</summary>
internal static class Quote
{
    public const int Most = 80;

    public static string Of(string? text)
    {
        var kept = (text ?? "").Where(c => !char.IsControl(c) && !char.IsSurrogate(c) && char.GetUnicodeCategory(c) is not
            (System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator));
        return $"\"{string.Concat(kept.Take(Most)).Replace('"', '\'')}\"";
    }
}
