namespace Router.Api.Constraints.Rules;

/// <summary>White space between the parts of objects and arrays: a little, as people and models write it, so that no text consists of it.</summary>
internal static class Whitespace
{
    private const int Longest = 24;

    /// <summary>Counts the run in <see cref="Frame.B"/>; only its first byte may end a line.</summary>
    public static bool Read(ref Frame frame, byte next) => (next == ' ' || (next == '\n' && frame.B == 0)) && frame.B++ < Longest;
}
