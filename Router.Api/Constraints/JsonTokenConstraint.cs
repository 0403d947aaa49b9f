using Mesh.Ensemble.Sampling;
using Mesh.Inference.Tokenizer;

namespace Router.Api.Constraints;

/// <summary>
/// Lets only tokens through that keep the text on its way to one of a grammar. It minds the number of tokens that are left: when they become few it
/// lets only those through from which the text can still be ended, a byte a token.
/// </summary>
internal sealed class JsonTokenConstraint(ModelTokenizer tokenizer, PieceIndex pieces, Rule grammar, int maxTokens) : ITokenConstraint
{
    private const int MostProposals = 64;

    private readonly JsonMachine _text = new(grammar), _trial = new(grammar);
    private readonly List<int> _proposals = [];
    private int _left = maxTokens;

    public bool Allows(int token) => Try(token) is { } distance && IsInTime(distance);

    public void Accept(int token)
    {
        _left--;
        Feed(tokenizer.Piece(token));
    }

    /// <summary>Bytes that came with a token from outside the grammar.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        foreach (var next in bytes)
            _text.Feed(next);
    }

    /// <summary>Whether the text may go on with these bytes.</summary>
    public bool MayStart(ReadOnlySpan<byte> bytes)
    {
        _trial.CopyFrom(_text);
        foreach (var next in bytes)
            if (!_trial.Feed(next))
                return false;
        return true;
    }

    /// <summary>Those that end the text soonest.</summary>
    public ReadOnlySpan<int> Propose()
    {
        var best = Rule.Endless;
        _proposals.Clear();
        if (_text.IsComplete)
            _proposals.AddRange(tokenizer.EndTokens);
        for (var first = 0; first < 256 && _proposals.Count < MostProposals; first++)
        {
            _trial.CopyFrom(_text);
            if (!_trial.Feed((byte)first))
                continue;
            foreach (var token in pieces.StartingWith((byte)first))
            {
                if (Try(token) is not { } distance || !IsInTime(distance) || distance > best)
                    continue;
                if (distance < best)
                    _proposals.RemoveAll(p => !tokenizer.EndTokens.Contains(p));
                best = distance;
                if (_proposals.Count < MostProposals)
                    _proposals.Add(token);
            }
        }
        return System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_proposals);
    }

    /// <summary>Bytes to the end after this token; null when it may not come.</summary>
    private int? Try(int token)
    {
        if (tokenizer.EndTokens.Contains(token))
            return _text.IsComplete ? -1 : null;
        var piece = tokenizer.Piece(token);
        if (piece.IsEmpty)
            return null;
        return MayStart(piece) ? _trial.Distance : null;
    }

    /// <summary>One token for this, one for the end; nothing can be asked of a text that was too short from the start.</summary>
    private bool IsInTime(int distance) => distance + 2 <= _left || _text.Distance + 1 > _left;
}
