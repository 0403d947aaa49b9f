using System.Text;

namespace Mesh.Inference.Tokenizer;

/// <summary>Turns tokens into text as they come. A token may end inside a character: that half is held until the rest arrives.</summary>
public sealed class TokenTextDecoder
{
    private readonly ModelTokenizer _tokenizer;
    private readonly Decoder _utf8 = Encoding.UTF8.GetDecoder();
    private char[] _chars = new char[64];

    internal TokenTextDecoder(ModelTokenizer tokenizer) => _tokenizer = tokenizer;

    /// <summary>The text that is complete after <paramref name="token"/>; valid until the next call. Control tokens have none.</summary>
    public ReadOnlySpan<char> Append(int token) => Convert(_tokenizer.Piece(token), flush: false);

    /// <summary>What is held of an unfinished character, as U+FFFD.</summary>
    public ReadOnlySpan<char> Flush() => Convert(default, flush: true);

    private ReadOnlySpan<char> Convert(ReadOnlySpan<byte> bytes, bool flush)
    {
        var need = Encoding.UTF8.GetMaxCharCount(bytes.Length + 4);
        if (_chars.Length < need)
            _chars = new char[need];
        return _chars.AsSpan(0, _utf8.GetChars(bytes, _chars, flush));
    }
}
