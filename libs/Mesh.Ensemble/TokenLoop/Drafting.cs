using Mesh.Contracts.Steps;

namespace Mesh.Ensemble.TokenLoop;

/// <summary>
/// Guesses the next tokens for one round: the greedy continuation of the weightiest expert that foresaw the newest token, else what followed the same
/// three tokens earlier in the text. The length follows the luck of the last rounds. A bad guess costs time, never quality: every draft is accepted with
/// exactly the probability the mixture gives it.
/// </summary>
internal sealed class Drafting
{
    private const int LookupTokens = 3;
    private readonly int[] _draft = new int[StepLimits.Drafts];
    private readonly int _most;
    private int _length;

    /// <param name="most">Longest draft, 0 turns drafting off.</param>
    public Drafting(int most) => _most = _length = most;

    public ReadOnlySpan<int> Draft => _draft.AsSpan(0, Count);

    public int Count { get; private set; }

    public bool IsOn => _most > 0;

    /// <summary>How many tokens of continuation the weightiest expert shall add: the token that is drawn next is the first of them.</summary>
    public int Continuation => _most == 0 ? 0 : Math.Min(_length + 1, StepLimits.Drafts);

    public void Clear() => Count = 0;

    /// <param name="continuable">Whether the continuations in the lanes begin where the last token was drawn.</param>
    /// <param name="room">Most tokens that may be drafted.</param>
    public void Guess(List<Lane> lanes, SessionText text, bool continuable, int room)
    {
        Count = 0;
        var limit = Math.Min(_length, room);
        if (limit <= 0)
            return;
        if (!continuable || !FromContinuation(lanes, text.Last, limit))
            FromText(text.Tokens, limit);
    }

    /// <summary>So many of the drafts were accepted.</summary>
    public void OnVerified(int accepted)
    {
        if (Count > 0)
            _length = accepted == Count ? Math.Min(_length + 2, _most) : Math.Clamp(accepted + 1, 1, _most);
    }

    private bool FromContinuation(List<Lane> lanes, int last, int limit)
    {
        Lane? best = null;
        foreach (var lane in lanes)
            if (lane.Answered && lane.Reply.ContinuationCount > 1 && lane.Reply.Continuation[0] == last && (best is null || lane.Weight > best.Weight))
                best = lane;
        if (best is null)
            return false;
        Take(best.Reply.Continuation[1..], limit);
        return true;
    }

    private void FromText(ReadOnlySpan<int> tokens, int limit)
    {
        if (tokens.Length <= LookupTokens)
            return;
        var found = tokens[..^1].LastIndexOf(tokens[^LookupTokens..]);
        if (found >= 0)
            Take(tokens[(found + LookupTokens)..], limit);
    }

    private void Take(ReadOnlySpan<int> tokens, int limit)
    {
        Count = Math.Min(tokens.Length, limit);
        tokens[..Count].CopyTo(_draft);
    }
}
