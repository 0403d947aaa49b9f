namespace Mesh.Contracts.Steps;

/// <summary>
/// One turn of one session at one expert. Reusable: the token loop keeps one per (session, expert), <see cref="Reset"/> makes it new.
/// Semantics, idempotent by construction: the expert drops everything it holds at or after <see cref="Position"/> that differs from
/// <see cref="Tokens"/>, appends them, and answers for the last <see cref="Drafts"/> + 1 of them.
/// </summary>
public sealed class StepRequest
{
    private int[] _tokens = new int[64];

    public SessionId Session;

    /// <summary>Grows with every request of a session; the reply repeats it.</summary>
    public uint Turn;

    /// <summary>Position of the first appended token, 0-based.</summary>
    public int Position;

    /// <summary>How many of the last appended tokens are drafts to verify; 0 to <see cref="StepLimits.Drafts"/>, less than the number of tokens.</summary>
    public int Drafts;

    /// <summary>For how many of the last appended tokens the exact log-probability is wanted; 0 to the number of tokens.</summary>
    public int Scores;

    /// <summary>How many tokens of its own continuation the expert shall add; 0 to <see cref="StepLimits.Drafts"/>.</summary>
    public int Continuation;

    /// <summary>
    /// How the continuation is made: 0 takes the expert's most probable tokens; above, up to <see cref="StepLimits.Temperature"/>, it draws from its distribution at
    /// this temperature by a <see cref="TokenRace"/>.
    /// </summary>
    public float DraftTemperature;

    /// <summary>
    /// The noise that the router draws with, where <see cref="DraftTemperature"/> is above 0. Who knows it foresees the draws, as far as it foresees the mixture: an
    /// expert that means ill could shape its distribution to win them. Its weight bounds that; a router that does not want it sends a temperature of 0.
    /// </summary>
    public ulong DraftKey;

    public ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, TokenCount);

    public int TokenCount { get; private set; }

    public void Reset(SessionId session, uint turn, int position)
    {
        (Session, Turn, Position) = (session, turn, position);
        Drafts = Scores = Continuation = TokenCount = 0;
        (DraftTemperature, DraftKey) = (0f, 0);
    }

    public void Append(int token)
    {
        if (TokenCount == _tokens.Length)
            Array.Resize(ref _tokens, _tokens.Length * 2);
        _tokens[TokenCount++] = token;
    }

    public void Append(ReadOnlySpan<int> tokens)
    {
        if (TokenCount + tokens.Length > _tokens.Length)
            Array.Resize(ref _tokens, Math.Max(_tokens.Length * 2, TokenCount + tokens.Length));
        tokens.CopyTo(_tokens.AsSpan(TokenCount));
        TokenCount += tokens.Length;
    }
}

/// <summary>Bounds of one step. What is beyond them is refused before it is looked at.</summary>
public static class StepLimits
{
    /// <summary>Most draft tokens in a request, and most tokens of continuation in a reply.</summary>
    public const int Drafts = 16;

    /// <summary>Highest temperature.</summary>
    public const float Temperature = 2f;

    /// <summary>Most entries of a sparse distribution.</summary>
    public const int Entries = 256;

    /// <summary>Most tokens in one request: a whole prompt.</summary>
    public const int Tokens = 131_072;

    /// <summary>Largest vocabulary.</summary>
    public const int Vocabulary = 1 << 20;

    /// <summary>Largest encoded request, reply or batch, in bytes.</summary>
    public const int FrameBytes = 4 << 20;
}
