using CsCheck;
using Mesh.Contracts.Steps;
using Mesh.Ensemble.Mixing;

namespace Mesh.Ensemble.Tests.Mixing;

public sealed class MixtureTests
{
    private const int Vocabulary = 50;

    /// <summary>A distribution that lists some of the tokens of a vocabulary of 50; the others share the tail.</summary>
    internal static readonly Gen<SparseDistribution> Sparse =
        from listed in Gen.Int[0, Vocabulary].SelectMany(n => Gen.Shuffle(Enumerable.Range(0, Vocabulary).ToArray(), n))
        from masses in Gen.Double[0.001, 1].Array[listed.Length]
        from tail in Gen.Double[0.001, 0.5]
        select Make(listed, masses, tail);

    private static readonly Gen<(SparseDistribution[] Answers, float[] Weights)> Some =
        from count in Gen.Int[1, Mixture.MostExperts]
        from answers in Sparse.Array[count]
        from weights in Gen.Float[0.01f, 1].Array[count]
        select (answers, weights);

    private static SparseDistribution Make(int[] listed, double[] masses, double tail)
    {
        var distribution = new SparseDistribution();
        Array.Sort(listed);
        var spread = listed.Length < Vocabulary ? tail : 0;
        var sum = masses.Sum() + spread;
        if (listed.Length == 0)
            (spread, sum) = (1, 1);
        for (var i = 0; i < listed.Length; i++)
            distribution.Add(listed[i], (float)Math.Min(0, Math.Log(masses[i] / sum)));
        distribution.Tail = (float)(spread / sum);
        return distribution;
    }

    /// <summary>The definition, without any cleverness.</summary>
    private static double[] Dense(SparseDistribution distribution)
    {
        var others = Vocabulary - distribution.Count;
        var dense = Enumerable.Repeat(others > 0 ? Math.Max(distribution.Tail, Mixture.LeastTail) / (double)others : 0, Vocabulary).ToArray();
        for (var i = 0; i < distribution.Count; i++)
            dense[distribution.Ids[i]] = Math.Exp(distribution.LogProbabilities[i]);
        var sum = dense.Sum();
        return [.. dense.Select(p => p / sum)];
    }

    [Fact]
    public void The_arithmetic_mix_is_the_weighted_mean() => Some.Sample(mix =>
    {
        var mixture = new Mixture(Vocabulary);
        mixture.Mix(mix.Answers, mix.Weights, MixMode.Arithmetic);
        var dense = mix.Answers.Select(Dense).ToArray();
        for (var token = 0; token < Vocabulary; token++)
            Assert.Equal(Math.Log(dense.Zip(mix.Weights).Sum(p => p.First[token] * p.Second) / mix.Weights.Sum(w => (double)w)), mixture.LogProbability(token), 1e-4);
    });

    [Fact]
    public void The_geometric_mix_is_the_normalised_weighted_product() => Some.Sample(mix =>
    {
        var mixture = new Mixture(Vocabulary);
        mixture.Mix(mix.Answers, mix.Weights, MixMode.Geometric);
        var dense = mix.Answers.Select(Dense).ToArray();
        var total = mix.Weights.Sum(w => (double)w);
        var logs = Enumerable.Range(0, Vocabulary).Select(t => dense.Zip(mix.Weights).Sum(p => Math.Log(p.First[t]) * p.Second / total)).ToArray();
        var logZ = Math.Log(logs.Sum(Math.Exp));
        for (var token = 0; token < Vocabulary; token++)
            Assert.Equal(logs[token] - logZ, mixture.LogProbability(token), 1e-4);
    });

    [Fact]
    public void Every_mix_is_a_distribution_over_the_whole_vocabulary_also_when_the_object_is_used_again()
    {
        var mixture = new Mixture(Vocabulary);
        Gen.Select(Some, Gen.Enum<MixMode>()).Sample(
            (mix, mode) =>
            {
                mixture.Mix(mix.Answers, mix.Weights, mode);
                Assert.Equal(1, Enumerable.Range(0, Vocabulary).Sum(t => Math.Exp(mixture.LogProbability(t))), 1e-4);
                Assert.Equal(mix.Answers.SelectMany(a => a.Ids.ToArray()).Distinct().Order(), mixture.Ids.ToArray().Order());
                Assert.All(Enumerable.Range(0, Vocabulary), t => Assert.Equal(mixture.Ids.Contains(t), mixture.Lists(t)));
            },
            threads: 1);
    }

    [Fact]
    public void The_order_of_the_experts_does_not_matter() => Gen.Select(Some, Gen.Enum<MixMode>()).Sample((mix, mode) =>
    {
        var (forward, backward) = (new Mixture(Vocabulary), new Mixture(Vocabulary));
        forward.Mix(mix.Answers, mix.Weights, mode);
        backward.Mix(mix.Answers.Reverse().ToArray(), mix.Weights.Reverse().ToArray(), mode);
        for (var token = 0; token < Vocabulary; token++)
            Assert.Equal(forward.LogProbability(token), backward.LogProbability(token), 1e-4f);
    });

    [Fact]
    public void One_expert_without_a_tail_cannot_veto_a_token()
    {
        var certain = new SparseDistribution();
        certain.Add(1, 0f);
        var other = new SparseDistribution();
        other.Add(2, 0f);
        var mixture = new Mixture(Vocabulary);
        mixture.Mix([certain, other], [1, 1], MixMode.Geometric);
        Assert.All(Enumerable.Range(0, Vocabulary), t => Assert.True(float.IsFinite(mixture.LogProbability(t))));
        Assert.Equal(mixture.LogProbability(1), mixture.LogProbability(2), 1e-5f);
    }

    [Fact]
    public void Nothing_is_allocated_once_warm()
    {
        var random = new Random(1);
        var answers = Enumerable.Range(0, 4).Select(_ =>
            Make([.. Enumerable.Range(0, Vocabulary).Where(_ => random.Next(2) == 0)], [.. Enumerable.Repeat(0.5, Vocabulary)], 0.1)).ToArray();
        var weights = new float[] { 1, 2, 3, 4 };
        var mixture = new Mixture(Vocabulary);
        mixture.Mix(answers, weights, MixMode.Arithmetic);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            mixture.Mix(answers, weights, MixMode.Arithmetic);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Theory, InlineData(0f, 0f), InlineData(-1f, 2f), InlineData(float.NaN, 1f), InlineData(float.PositiveInfinity, 1f)]
    public void Weights_that_are_none_are_refused(float first, float second) =>
        Assert.Throws<ArgumentException>(() => new Mixture(Vocabulary).Mix([new(), new()], [first, second], MixMode.Arithmetic));
}
