using System.Runtime.Intrinsics;
using Mesh.Contracts.Steps;

namespace Mesh.Ensemble.Mixing;

/// <summary>
/// Up to <see cref="MostExperts"/> sparse distributions mixed into one. Each expert's answer is normalised first, its tail mass spread evenly over the
/// tokens it does not list, so that the mixture gives an exact probability to every token of the vocabulary. Cost is proportional to the listed entries;
/// nothing is allocated once the buffers have grown. Not safe for concurrent use.
/// </summary>
public sealed class Mixture(int vocabularySize)
{
    public const int MostExperts = 16;

    /// <summary>Least tail mass: no token is impossible, or one expert could veto it in the geometric mix.</summary>
    public const float LeastTail = 1e-6f;

    private readonly int[] _slots = new int[vocabularySize];  // token -> 1 + index into the arrays below, 0 when not listed
    private int[] _ids = new int[StepLimits.Entries];
    private double[] _sums = new double[StepLimits.Entries];
    private float[] _logs = new float[StepLimits.Entries];
    private readonly float[] _probabilities = new float[StepLimits.Entries];

    public int VocabularySize { get; } = vocabularySize;

    /// <summary>Tokens that at least one expert lists.</summary>
    public int Count { get; private set; }

    /// <summary>The listed tokens, in no particular order.</summary>
    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Count);

    /// <summary>Natural log-probabilities of <see cref="Ids"/>.</summary>
    public ReadOnlySpan<float> LogProbabilities => _logs.AsSpan(0, Count);

    /// <summary>Natural log-probability of every single token that nobody lists.</summary>
    public float UnlistedLogProbability { get; private set; }

    public bool Lists(int token) => _slots[token] != 0;

    /// <summary>Natural log-probability of any token of the vocabulary.</summary>
    public float LogProbability(int token) => _slots[token] is > 0 and var slot ? _logs[slot - 1] : UnlistedLogProbability;

    /// <summary>Mixes <paramref name="answers"/>, which must have passed <see cref="AnswerCheck"/>.</summary>
    /// <param name="answers">At least one.</param>
    /// <param name="weights">As many, 0 or more, not all 0; they are normalised here.</param>
    /// <exception cref="ArgumentException">Counts that do not match, or weights that are no weights.</exception>
    public void Mix(ReadOnlySpan<SparseDistribution> answers, ReadOnlySpan<float> weights, MixMode mode)
    {
        var total = 0.0;
        foreach (var weight in weights)
            total += weight >= 0f ? weight : double.NaN;
        if (answers.Length is 0 or > MostExperts || answers.Length != weights.Length || !(total > 0) || !double.IsFinite(total))
            throw new ArgumentException($"1 to {MostExperts} answers with as many weights of 0 or more are mixed, not {answers.Length} with {weights.Length} of sum {total}.");
        Clear();
        var unlisted = 0.0;
        for (var i = 0; i < answers.Length; i++)
            if (weights[i] > 0f)
                unlisted += Add(answers[i], weights[i] / total, mode);
        if (mode == MixMode.Arithmetic)
            FinishArithmetic(unlisted);
        else
            FinishGeometric(unlisted);
    }

    private void Clear()
    {
        foreach (var id in Ids)
            _slots[id] = 0;
        Count = 0;
    }

    /// <summary>Adds the listed entries relative to the expert's unlisted token; returns that token's own part.</summary>
    private double Add(SparseDistribution answer, double weight, MixMode mode)
    {
        var ids = answer.Ids;
        var probabilities = _probabilities.AsSpan(0, ids.Length);
        var listed = Exponentials(answer.LogProbabilities, probabilities);
        var others = VocabularySize - ids.Length;
        var tail = others > 0 ? Math.Max(answer.Tail, LeastTail) : 0.0;
        var mass = listed + tail;
        Reserve(Count + ids.Length);
        if (mode == MixMode.Arithmetic)
        {
            var scale = weight / mass;
            var rest = others > 0 ? scale * tail / others : 0.0;
            for (var i = 0; i < ids.Length; i++)
                _sums[Slot(ids[i])] += scale * probabilities[i] - rest;
            return rest;
        }
        var logs = answer.LogProbabilities;
        var logMass = Math.Log(mass);
        var logRest = others > 0 ? Math.Log(tail / others) - logMass : 0.0;
        for (var i = 0; i < ids.Length; i++)
            _sums[Slot(ids[i])] += weight * (logs[i] - logMass - logRest);
        return weight * logRest;
    }

    private void FinishArithmetic(double unlisted)
    {
        for (var i = 0; i < Count; i++)
            _logs[i] = (float)Math.Log(Math.Max(unlisted + _sums[i], double.Epsilon));
        UnlistedLogProbability = (float)Math.Log(Math.Max(unlisted, double.Epsilon));
    }

    private void FinishGeometric(double unlisted)
    {
        var max = Count < VocabularySize ? unlisted : double.NegativeInfinity;
        for (var i = 0; i < Count; i++)
            max = Math.Max(max, unlisted + _sums[i]);
        var sum = (VocabularySize - Count) * Math.Exp(unlisted - max);
        for (var i = 0; i < Count; i++)
            sum += Math.Exp(unlisted + _sums[i] - max);
        var logZ = max + Math.Log(sum);
        for (var i = 0; i < Count; i++)
            _logs[i] = (float)(unlisted + _sums[i] - logZ);
        UnlistedLogProbability = (float)(unlisted - logZ);
    }

    private int Slot(int id)
    {
        ref var slot = ref _slots[id];
        if (slot != 0)
            return slot - 1;
        (_ids[Count], _sums[Count]) = (id, 0);
        slot = ++Count;
        return slot - 1;
    }

    private void Reserve(int count)
    {
        if (count <= _ids.Length)
            return;
        var length = Math.Max(count, _ids.Length * 2);
        Array.Resize(ref _ids, length);
        Array.Resize(ref _sums, length);
        Array.Resize(ref _logs, length);
    }

    private static double Exponentials(ReadOnlySpan<float> logs, Span<float> into)
    {
        var i = 0;
        var sums = Vector256<float>.Zero;
        for (; i <= logs.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            var values = Vector256.Exp(Vector256.Create(logs[i..]));
            values.CopyTo(into[i..]);
            sums += values;
        }
        double sum = Vector256.Sum(sums);
        for (; i < logs.Length; i++)
            sum += into[i] = MathF.Exp(logs[i]);
        return sum;
    }
}
