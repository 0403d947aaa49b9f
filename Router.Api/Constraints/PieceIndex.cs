using Mesh.Inference.Tokenizer;

namespace Router.Api.Constraints;

/// <summary>The tokens of a vocabulary by their first byte. Made once for a tokenizer.</summary>
internal sealed class PieceIndex
{
    private readonly int[] _tokens;
    private readonly int[] _starts = new int[257];

    public PieceIndex(ModelTokenizer tokenizer)
    {
        var withText = Enumerable.Range(0, tokenizer.VocabularySize).Where(t => !tokenizer.Piece(t).IsEmpty).ToArray();
        _tokens = [.. withText.OrderBy(t => tokenizer.Piece(t)[0])];
        foreach (var token in _tokens)
            _starts[tokenizer.Piece(token)[0] + 1]++;
        for (var i = 1; i < _starts.Length; i++)
            _starts[i] += _starts[i - 1];
    }

    public ReadOnlySpan<int> StartingWith(byte first) => _tokens.AsSpan(_starts[first], _starts[first + 1] - _starts[first]);
}
