using Mesh.Contracts.Steps;
using Mesh.Ensemble.Experts;

namespace Mesh.Ensemble.TokenLoop;

/// <summary>
/// Guesses the next tokens for one round: what the experts that foresaw the newest token add to it, else what followed the same
/// three tokens earlier in the text, else what is left of the last draft behind the token that did not fit. A bad guess costs time, never quality: a
/// draft counts only where it is the very token that is drawn.
/// </summary>
internal sealed class Drafting
{
    private const int LookupTokens = 3, ProbeInterval = 32;
    private readonly int[] _draft = new int[StepLimits.Drafts];
    private readonly int[] _rest = new int[StepLimits.Drafts];
    private readonly List<Lane> _agreeing = [];
    private int _most, _restCount, _lookupLength, _sinceProbe;
    private double _acceptance = 0.7;

    /// <param name="most">Longest draft, 0 turns drafting off.</param>
    public Drafting(int most) => _most = _lookupLength = most;

    public ReadOnlySpan<int> Draft => _draft.AsSpan(0, Count);

    public int Count { get; private set; }

    public bool IsOn => _most > 0;

    /// <summary>
    /// How many tokens of continuation an expert shall add: as many as promise the most tokens per second, given what a decode of its own costs against a
    /// round over the network, and how many drafts were accepted so far. 0 where it does not pay, but for a probe now and then.
    /// </summary>
    public int ContinuationOf(ExpertPace pace)
    {
        if (_most == 0)
            return 0;
        var (way, decode) = pace.Parts;
        var (best, bestRate, tokens, chance) = (1, 0.0, 0.0, 1.0);
        // The first token of a continuation is the one that is drawn next: it costs nothing and drafts nothing.
        for (var length = 1; length <= Math.Min(_most + 1, StepLimits.Drafts); length++)
        {
            tokens += chance;
            chance *= _acceptance;
            var rate = tokens / (way + length * decode + 1e-6);
            if (rate > bestRate)
                (best, bestRate) = (length, rate);
        }
        return best > 1 ? best : _sinceProbe >= ProbeInterval ? 2 : 0;
    }

    public void BeginRound(int most)
    {
        if (most != _most)
            _most = _lookupLength = most;
        _sinceProbe = _sinceProbe >= ProbeInterval ? 0 : _sinceProbe + 1;
    }

    /// <param name="continuable">Whether the continuations in the lanes begin where the last token was drawn.</param>
    /// <param name="room">Most tokens that may be drafted.</param>
    public void Guess(List<Lane> lanes, SessionText text, bool continuable, int room)
    {
        Count = 0;
        var limit = Math.Min(_most, room);
        if (limit > 0 && !(continuable && FromContinuation(lanes, text.Last, limit)))
            FromText(text.Tokens, Math.Min(_lookupLength, room));
        _restCount = 0;
    }

    /// <summary>So many of the drafts were accepted.</summary>
    public void OnVerified(int accepted)
    {
        if (Count == 0)
            return;
        for (var i = 0; i < accepted; i++)
            Learn(true);
        if (accepted == Count)
        {
            _lookupLength = Math.Min(_lookupLength + 2, _most);
            return;
        }
        Learn(false);
        _lookupLength = Math.Clamp(accepted + 1, 1, _most);
        _restCount = Count - accepted - 1;
        _draft.AsSpan(accepted + 1, _restCount).CopyTo(_rest);
    }

    private void Learn(bool right) => _acceptance += 0.05 * ((right ? 1 : 0) - _acceptance);

    /// <summary>Token by token what most of the weight foresees, among the experts that have foreseen everything before it.</summary>
    private bool FromContinuation(List<Lane> lanes, int last, int limit)
    {
        _agreeing.Clear();
        var any = false;
        foreach (var lane in lanes)
        {
            if (!lane.Answered || lane.Reply.ContinuationCount <= 1)
                continue;
            any = true;
            if (lane.Reply.Continuation[0] == last)
                _agreeing.Add(lane);
        }
        if (any)
            Learn(_agreeing.Count > 0);
        while (Count < limit && Favourite(Count + 1) is >= 0 and var token)
        {
            for (var i = _agreeing.Count - 1; i >= 0; i--)
                if (_agreeing[i].Reply.Continuation[Count + 1] != token)
                    _agreeing.RemoveAt(i);
            _draft[Count++] = token;
        }
        return Count > 0;
    }

    /// <summary>Those whose continuation has ended before this place agree with nothing any more.</summary>
    private int Favourite(int place)
    {
        for (var i = _agreeing.Count - 1; i >= 0; i--)
            if (_agreeing[i].Reply.ContinuationCount <= place)
                _agreeing.RemoveAt(i);
        var (best, bestWeight) = (-1, -1f);
        foreach (var lane in _agreeing)
        {
            var weight = 0f;
            foreach (var other in _agreeing)
                if (other.Reply.Continuation[place] == lane.Reply.Continuation[place])
                    weight += other.Weight;
            if (weight > bestWeight)
                (best, bestWeight) = (lane.Reply.Continuation[place], weight);
        }
        return best;
    }

    private void FromText(ReadOnlySpan<int> tokens, int limit)
    {
        var found = tokens.Length > LookupTokens ? tokens[..^1].LastIndexOf(tokens[^LookupTokens..]) : -1;
        if (found >= 0)
            Take(tokens[(found + LookupTokens)..], limit);
        else
            Take(_rest.AsSpan(0, _restCount), limit);
    }

    private void Take(ReadOnlySpan<int> tokens, int limit)
    {
        Count = Math.Min(tokens.Length, limit);
        tokens[..Count].CopyTo(_draft);
    }
}
