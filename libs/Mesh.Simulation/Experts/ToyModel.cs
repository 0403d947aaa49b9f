namespace Mesh.Simulation.Experts;

/// <summary>
/// A language model that needs no file: the next token's distribution is a fixed function of the last two tokens and a seed. Its end token is 0.
/// </summary>
/// <param name="sharpness">0 is uniform; 3 is decided.</param>
public class ToyModel(int vocabularySize, int seed, double sharpness = 2)
{
    private readonly Dictionary<(int, int), float[]> _rows = [];

    public int VocabularySize { get; } = vocabularySize;

    /// <summary>Natural log-probabilities of all tokens after <paramref name="context"/>.</summary>
    public virtual float[] LogProbabilities(ReadOnlySpan<int> context)
    {
        var key = (context.Length > 1 ? context[^2] : -1, context.Length > 0 ? context[^1] : -1);
        if (_rows.TryGetValue(key, out var row))
            return row;
        var random = new Random(HashCode(seed, key.Item1, key.Item2));
        var logits = new double[VocabularySize];
        for (var i = 0; i < logits.Length; i++)
            logits[i] = sharpness * (random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * 2;
        var max = logits.Max();
        var logSum = max + Math.Log(logits.Sum(l => Math.Exp(l - max)));
        row = [.. logits.Select(l => (float)Math.Min(0, l - logSum))];
        return _rows[key] = row;
    }

    private static int HashCode(int a, int b, int c) => unchecked(((a * 486187739 + b) * 486187739 + c) * 16777619 & int.MaxValue);
}
