namespace Mesh.Chorus.Windows;

/// <summary>
/// Spans that the wall clock alone is cut into, so that experts of about the same speed agree on them without a message: seconds or, for slow decodes, 4 or 16 of them, which begin where a second does.
/// Few lengths far apart, so that few speeds are near the border between two.
/// </summary>
internal static class Epoch
{
    public static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(16);
    private const int Step = 4;
    private const int Enough = 24;   // decodes that an epoch must have room for

    /// <summary>How much faster than needed decodes must be before epochs get shorter: other batches do not change them to and fro.</summary>
    private const int Reserve = 2;

    /// <param name="decode">Mean of a decode lately.</param>
    /// <param name="before">The length so far.</param>
    public static TimeSpan For(TimeSpan decode, TimeSpan before)
    {
        while (before < Longest && before < Enough * decode)
            before *= Step;
        while (before > Shortest && before / Step >= Reserve * Enough * decode)
            before /= Step;
        return before;
    }
}
