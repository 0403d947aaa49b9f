using Mesh.Ensemble.Sampling;
using Mesh.Inference.Tokenizer;
using Router.Api.Constraints;

namespace Router.Api.Tools;

/// <summary>Free text, until the mark that opens a call is written; from there on the grammar of calls.</summary>
internal sealed class ToolTokenConstraint(ModelTokenizer tokenizer, byte[] marker, Func<int, JsonTokenConstraint> calls, int maxTokens) : ITokenConstraint
{
    private JsonTokenConstraint? _call;
    private int _matched, _left = maxTokens;   // bytes of the mark that the text ends with

    public bool Allows(int token)
    {
        if (_call is not null)
            return _call.Allows(token);
        if (!Crosses(token, out var rest))
            return true;
        // The token holds the end of the mark and more: that must begin a call.
        return rest.IsEmpty || calls(_left - 1).MayStart(rest);
    }

    public ReadOnlySpan<int> Propose() => _call is null ? [] : _call.Propose();

    public void Accept(int token)
    {
        if (_call is not null)
        {
            _call.Accept(token);
            return;
        }
        _left--;
        if (Crosses(token, out var rest))
        {
            _call = calls(_left);
            _call.Feed(rest);
            return;
        }
        foreach (var next in tokenizer.Piece(token))
            _matched = Match(_matched, next);
    }

    private bool Crosses(int token, out ReadOnlySpan<byte> rest)
    {
        rest = tokenizer.Piece(token);
        var matched = _matched;
        while (!rest.IsEmpty)
        {
            matched = Match(matched, rest[0]);
            rest = rest[1..];
            if (matched == marker.Length)
                return true;
        }
        return false;
    }

    /// <summary>The mark starts with '&lt;' and holds no other, so a mismatch can only begin it anew.</summary>
    private int Match(int matched, byte next) => matched < marker.Length && next == marker[matched] ? matched + 1 : next == marker[0] ? 1 : 0;
}
