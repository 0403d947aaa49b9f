namespace Mesh.Training.Scores;

/// <summary>
/// The exact natural log-probability that every expert gave to every token of every text, given what stands before it. All that a gate of an arithmetic
/// mixture needs: <c>log sum_i w_i exp(score_i)</c> is the mixture's.
/// </summary>
public sealed class ScoreTable(IReadOnlyList<string> experts, IReadOnlyList<EvalText> texts)
{
    private readonly float[][][] _scores = [.. texts.Select(t => experts.Select(_ => new float[t.Scored]).ToArray())];

    public IReadOnlyList<string> Experts { get; } = experts;
    public IReadOnlyList<EvalText> Texts { get; } = texts;

    /// <summary>The texts of several tables of the same experts.</summary>
    public static ScoreTable Join(IReadOnlyList<ScoreTable> tables)
    {
        var joined = new ScoreTable(tables[0].Experts, [.. tables.SelectMany(t => t.Texts)]);
        var next = 0;
        foreach (var scores in tables.SelectMany(t => t._scores))
            scores.CopyTo(joined._scores[next++], 0);
        return joined;
    }

    /// <summary>Which of the texts are of such a fold.</summary>
    public int[] Numbers(Func<int, bool> isFold) => [.. Enumerable.Range(0, Texts.Count).Where(t => isFold(Texts[t].Fold))];

    /// <summary>The same scores of some of the texts.</summary>
    public ScoreTable Only(IReadOnlyList<int> texts)
    {
        var part = new ScoreTable(Experts, [.. texts.Select(t => Texts[t])]);
        for (var i = 0; i < texts.Count; i++)
            _scores[texts[i]].CopyTo(part._scores[i], 0);
        return part;
    }

    /// <summary>The scores of the scored tokens of one text, oldest first.</summary>
    public float[] Of(int text, int expert) => _scores[text][expert];
}
