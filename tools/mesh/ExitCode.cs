namespace Mesh.Tool;

/// <summary>What the program ends with; the same for every verb.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Ok = 0;

    /// <summary>It was refused, rejected or undone; the reason is on standard error.</summary>
    public const int Refused = 1;

    /// <summary>The arguments are wrong, or a file that they name.</summary>
    public const int Usage = 2;

    /// <summary>Nothing that could answer was reached, or not everybody.</summary>
    public const int Unreachable = 3;

    /// <summary>No answer, no quorum or no end in time. What was sent may go on.</summary>
    public const int TimedOut = 4;

    /// <summary>A signature, a hash, a proof or a rule does not hold.</summary>
    public const int Unverified = 5;

    /// <summary>Ctrl-C.</summary>
    public const int Interrupted = 130;
}

/// <summary>Ends a verb with a message for people.</summary>
/// <param name="code">One of <see cref="ExitCode"/>.</param>
internal sealed class ToolException(int code, string message) : Exception(message)
{
    public int Code => code;

    public static ToolException Usage(string message) => new(ExitCode.Usage, message);

    public static ToolException Unverified(string message) => new(ExitCode.Unverified, message);
}
