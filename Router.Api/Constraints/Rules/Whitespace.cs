namespace Router.Api.Constraints.Rules;

/// <summary>White space between the parts of objects and arrays, as people and models write it: one space, or a new line and its indentation.</summary>
internal static class Whitespace
{
    private const int Longest = 24, Closed = -1;

    /// <summary>Keeps the run in <see cref="Frame.B"/>, which is 0 before its first byte.</summary>
    public static bool Read(ref Frame frame, byte next)
    {
        if (frame.B == 0 && next == ' ')
            frame.B = Closed;
        else if ((frame.B == 0 && next == '\n') || (frame.B is > 0 and < Longest && next == ' '))
            frame.B++;
        else
            return false;
        return true;
    }
}
