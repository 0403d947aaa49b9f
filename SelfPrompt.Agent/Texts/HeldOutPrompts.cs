namespace SelfPrompt.Agent.Texts;

/// <summary>What the mesh is asked where time is measured, in the forms that its experts know.</summary>
internal static class HeldOutPrompts
{
    private static readonly IReadOnlyList<string> All =
    [
        .. Each("Define {0}.", "river", "bread", "anchor", "lantern", "orchard", "copper", "village", "winter", "honest", "garden"),
        .. Each("What does {0} do?", "ls", "grep", "chmod", "tar", "sort", "open", "fork", "close", "mount", "kill"),
        .. Each("Continue the verse: {0}", "And it came to pass", "In the beginning", "Blessed are they", "And the king said unto", "Hear, O my son", "Then answered the woman"),
        .. Each("Write a Python function {0} that does this: {0}", "add", "read_lines", "is_empty", "reverse", "count_words", "join_paths"),
        .. Each("What is {0}?", "17 + 25", "60 - 18", "7 * 8", "33 + 9", "81 - 44", "11 * 12", "25 + 48", "90 - 37", "6 * 9", "52 + 29"),
    ];

    public static IReadOnlyList<string> Of(TextPart part) => [.. All.Where(p => TextParts.Of(p) == part)];

    private static IEnumerable<string> Each(string form, params string[] words) => words.Select(w => string.Format(System.Globalization.CultureInfo.InvariantCulture, form, w));
}
