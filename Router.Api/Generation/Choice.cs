using System.Text;
using Mesh.Ensemble.TokenLoop;
using Mesh.Inference.Tokenizer;
using Router.Api.Text;
using Router.Api.Tools;

namespace Router.Api.Generation;

/// <summary>One token as log-probabilities and traces list it.</summary>
internal readonly record struct ListedToken(TokenEvent Event, int TextOffset);

/// <summary>One answer in the making: its text, how it ended, and what was asked for about its tokens.</summary>
internal sealed class Choice(int index, ModelTokenizer tokenizer, CompletionSettings settings)
{
    private TextAssembler _text = new(settings.Stops, settings is { Tools.Mode: ToolMode.Auto, Grammar: null } ? Marker : null);
    private ToolCallReader? _calls = settings.Tools?.IsForced == true ? new() : null;
    private readonly bool _list = settings.LogProbabilities is not null || settings.Trace;
    private int _offset;
    private bool _begun;

    public int Index { get; } = index;

    /// <summary>Tokens of the answer, without the one that ended it.</summary>
    public int TokenCount { get; private set; }

    /// <summary>stop, length or null while it goes on.</summary>
    public FinishReason Finish { get; private set; }

    /// <summary>The stop string that ended it, as UTF-8; null when something else did.</summary>
    public ReadOnlySpan<byte> StoppedBy => _text.StoppedBy;

    /// <summary>UTF-8 that was not written yet.</summary>
    public ReadOnlySpan<byte> Text => _text.Ready;

    /// <summary>Tokens that were not written yet, when log-probabilities or traces were asked for.</summary>
    public List<ListedToken> Tokens { get; } = [];

    /// <summary>Calls of the client's functions, in order.</summary>
    public IReadOnlyList<ToolCall> Calls => _calls?.Calls ?? [];

    /// <summary>True when the answer ended by itself in calls that were the model's own choice: OpenAI calls the end of a named one <c>stop</c>.</summary>
    public bool EndedInCalls => Finish == FinishReason.Stop && Calls.Count > 0 && settings.Tools?.Mode != ToolMode.Named;

    /// <summary>Mean log-probability of the tokens so far, by which <c>best_of</c> chooses.</summary>
    public double MeanLogProbability { get; private set; }

    /// <summary>Of how many tokens, the one that ended it included.</summary>
    public int Drawn { get; private set; }

    /// <summary>True when there is something to write.</summary>
    public bool HasNews => Text.Length > 0 || HasCallNews || (Tokens.Count > 0 && (settings.Trace || Finish != FinishReason.None));

    private bool HasCallNews
    {
        get
        {
            if (_calls is not null)
                foreach (var call in _calls.Calls)
                    if (call.HasNews)
                        return true;
            return false;
        }
    }

    /// <summary>Takes in the next token; after <see cref="Finish"/> is set nothing more may come.</summary>
    public void Add(in TokenEvent token)
    {
        var ends = token.Finish == FinishReason.Stop;
        MeanLogProbability += (token.LogProbability - MeanLogProbability) / ++Drawn;
        if (_list)
            Tokens.Add(new(token, _offset));
        if (!ends)
        {
            TokenCount++;
            var piece = tokenizer.Piece(token.Token);
            Read(piece);
            if (_list)
                _offset += Characters(piece);
        }
        Finish = _text.Stopped && _calls is null ? FinishReason.Stop : token.Finish;
        if (Finish != FinishReason.None)
            _text.Finish();
    }

    /// <summary>Puts the prompt before the answer.</summary>
    /// <param name="scores">Log-probabilities of its tokens, where they are listed.</param>
    public void Echo(int[] prompt, float[]? scores)
    {
        _text.Begin(Encoding.UTF8.GetBytes(tokenizer.Decode(prompt)));
        for (var i = 0; i < prompt.Length; i++)
        {
            if (scores is not null)
                Tokens.Add(new(new(prompt[i], scores[i], FinishReason.None), _offset));
            _offset += Characters(tokenizer.Piece(prompt[i]));
        }
    }

    /// <summary>Ends an answer that was to have no tokens.</summary>
    public void EndEmpty() => Finish = FinishReason.Length;

    /// <summary>What is ready has been written.</summary>
    public void Take()
    {
        foreach (var call in Calls)
            call.Take();
        _text.Take();
        Tokens.Clear();
    }

    private static byte[] Marker => Encoding.UTF8.GetBytes(ToolSet.Opening);

    private void Read(ReadOnlySpan<byte> piece)
    {
        // Beside a schema the answer is a call from its first byte on, or never: its strings may hold the mark.
        if (!_begun && settings is { Tools.Mode: ToolMode.Auto, Grammar: not null } && piece.StartsWith(Marker.AsSpan(0, 1)))
            _text = new(settings.Stops, Marker);
        _begun |= piece.Length > 0;
        if (_calls is not null)
        {
            _calls.Append(piece);
            return;
        }
        _text.Append(piece);
        if (_text.AfterMarker is not { } rest)
            return;
        _calls = new();
        _calls.Append(rest);
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
