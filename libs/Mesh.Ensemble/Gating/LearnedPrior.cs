namespace Mesh.Ensemble.Gating;

/// <summary>
/// What a text's own tokens say of who should continue it, whatever the experts thought of them: <c>prior_i(t) = bias_i + sum_s decay^(t-s) W[token_s, i]</c>,
/// a linear gate on the recency-weighted bag of tokens. One session's state; costs one row of weights a token.
/// </summary>
public sealed class LearnedPrior(GateModel model)
{
    private readonly double[] _sums = new double[model.Experts.Count];

    /// <summary>One more token of the text, oldest first. One that the model does not know says nothing.</summary>
    public void Advance(int token)
    {
        for (var i = 0; i < _sums.Length; i++)
            _sums[i] *= model.TokenDecay;
        if ((uint)token >= (uint)model.VocabularySize)
            return;
        var weights = model.Of(token);
        for (var i = 0; i < _sums.Length; i++)
            _sums[i] += weights[i];
    }

    /// <summary>The column of an expert, or -1: an expert that was not there when the gate was trained is neither better nor worse than the others.</summary>
    public int ColumnOf(string expert)
    {
        for (var i = 0; i < model.Experts.Count; i++)
            if (model.Experts[i] == expert)
                return i;
        return -1;
    }

    /// <summary>In nats, relative to the mean of the experts it knows.</summary>
    public double Score(int column) => column < 0 ? 0 : model.Biases[column] + _sums[column];
}
