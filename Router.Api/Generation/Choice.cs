using Mesh.Ensemble.TokenLoop;
using Mesh.Inference.Tokenizer;
using Router.Api.Text;

namespace Router.Api.Generation;

/// <summary>One token as log-probabilities and traces list it.</summary>
internal readonly record struct ListedToken(TokenEvent Event, int TextOffset);

/// <summary>One answer in the making: its text, how it ended, and what was asked for about its tokens.</summary>
internal sealed class Choice(int index, ModelTokenizer tokenizer, CompletionSettings settings)
{
    private readonly TextAssembler _text = new(settings.Stops);
    private readonly bool _list = settings.LogProbabilities is not null || settings.Trace;
    private int _offset;

    public int Index { get; } = index;

    /// <summary>Tokens of the answer, without the one that ended it.</summary>
    public int TokenCount { get; private set; }

    /// <summary>stop, length or null while it goes on.</summary>
    public FinishReason Finish { get; private set; }

    /// <summary>UTF-8 that was not written yet.</summary>
    public ReadOnlySpan<byte> Text => _text.Ready;

    /// <summary>Tokens that were not written yet, when log-probabilities or traces were asked for.</summary>
    public List<ListedToken> Tokens { get; } = [];

    /// <summary>True when there is something to write.</summary>
    public bool HasNews => Text.Length > 0 || (Tokens.Count > 0 && (settings.Trace || Finish != FinishReason.None));

    /// <summary>Takes in the next token; after <see cref="Finish"/> is set nothing more may come.</summary>
    public void Add(in TokenEvent token)
    {
        var ends = token.Finish == FinishReason.Stop;
        if (_list)
            Tokens.Add(new(token, _offset));
        if (!ends)
        {
            TokenCount++;
            var piece = tokenizer.Piece(token.Token);
            _text.Append(piece);
            if (_list)
                _offset += Characters(piece);
        }
        Finish = _text.Stopped ? FinishReason.Stop : token.Finish;
        if (Finish != FinishReason.None)
            _text.Finish();
    }

    /// <summary>What is ready has been written.</summary>
    public void Take()
    {
        _text.Take();
        Tokens.Clear();
    }

    private static int Characters(ReadOnlySpan<byte> utf8)
    {
        var count = 0;
        foreach (var b in utf8)
            if ((b & 0xC0) != 0x80)
                count++;
        return count;
    }
}
