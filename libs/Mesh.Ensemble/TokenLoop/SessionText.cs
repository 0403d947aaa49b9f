namespace Mesh.Ensemble.TokenLoop;

/// <summary>The tokens of one session and what the mixture gave to each: prompt and answer in one line of positions.</summary>
internal sealed class SessionText
{
    private int[] _tokens;
    private float[] _mixture;

    public SessionText(ReadOnlySpan<int> prompt)
    {
        _tokens = new int[prompt.Length + 256];
        _mixture = new float[_tokens.Length];
        prompt.CopyTo(_tokens);
        _mixture.AsSpan(0, prompt.Length).Fill(float.NaN);
        Appended = Count = prompt.Length;
    }

    public int Count { get; private set; }

    /// <summary>Tokens of the session, those that were forgotten included.</summary>
    public long Appended { get; private set; }

    /// <summary>How often the window has slid: positions of different epochs name different tokens.</summary>
    public int Epoch { get; private set; }

    /// <summary>Positions below this one name the same token in every epoch.</summary>
    public int Anchor { get; private set; } = int.MaxValue;

    public ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, Count);

    public int Last => _tokens[Count - 1];

    /// <summary>The mixture's log-probability of the token at a position; NaN when it is not known.</summary>
    public float Mixture(int position) => _mixture[position];

    public void SetMixture(int position, float logProbability) => _mixture[position] = logProbability;

    public void Append(int token, float logProbability)
    {
        if (Count == _tokens.Length)
        {
            Array.Resize(ref _tokens, Count * 2);
            Array.Resize(ref _mixture, Count * 2);
        }
        (_tokens[Count], _mixture[Count]) = (token, logProbability);
        Count++;
        Appended++;
    }

    /// <summary>The position up to which <paramref name="tokens"/>, placed at <paramref name="position"/>, agree with the text.</summary>
    public int AgreesUpTo(int position, ReadOnlySpan<int> tokens) =>
        position > Count ? Count : position + Tokens[position..].CommonPrefixLength(tokens);

    /// <summary>Keeps the first <paramref name="anchor"/> tokens and the newest <paramref name="newest"/>.</summary>
    public void Slide(int anchor, int newest)
    {
        if (anchor + newest >= Count)
            return;
        _tokens.AsSpan(Count - newest, newest).CopyTo(_tokens.AsSpan(anchor));
        _mixture.AsSpan(Count - newest, newest).CopyTo(_mixture.AsSpan(anchor));
        Count = anchor + newest;
        Anchor = anchor;
        Epoch++;
    }
}
