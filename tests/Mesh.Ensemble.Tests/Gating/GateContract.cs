using CsCheck;
using Mesh.Contracts.Experts;
using Mesh.Ensemble.Gating;

namespace Mesh.Ensemble.Tests.Gating;

/// <summary>What must hold of every gate. A new gate derives this.</summary>
public abstract class GateContract
{
    /// <summary>One that no trained gate knows.</summary>
    protected static ExpertId Expert { get; } = ExpertId.Parse("nobody");

    protected abstract IGate Make();

    private static float[] Weights(IGate gate)
    {
        var scores = Enumerable.Range(0, gate.Experts).Select(gate.Score).ToArray();
        var weights = new float[scores.Length];
        Softmax.Weights(scores, weights);
        return weights;
    }

    [Fact]
    public void Experts_without_a_history_count_the_same()
    {
        var gate = Make();
        Assert.Equal([0, 1, 2, 3], Enumerable.Range(0, 4).Select(_ => gate.Add(Expert)));
        Assert.All(Weights(gate), w => Assert.Equal(0.25f, w, 1e-6f));
    }

    [Fact]
    public void A_prior_counts_from_the_start()
    {
        var gate = Make();
        gate.Add(Expert, Math.Log(3));
        gate.Add(Expert);
        Assert.Equal(0.75f, Weights(gate)[0], 1e-5f);
    }

    [Fact]
    public void Any_history_gives_weights_that_are_positive_or_zero_and_sum_to_one() =>
        Gen.Select(Gen.Int[1, 8], Gen.Select(Gen.Int[0, 7], Gen.Int[0, 1000], Gen.OneOf(Gen.Double[-40, 40], Gen.Double[-1e30, 1e30])).Array[0, 200]).Sample((experts, history) =>
        {
            var gate = Make();
            for (var i = 0; i < experts; i++)
                gate.Add(Expert);
            foreach (var (expert, age, advantage) in history)
            {
                gate.Observe(expert % experts, age, advantage);
                gate.Advance(7);
            }
            var weights = Weights(gate);
            Assert.All(weights, w => Assert.InRange(w, 0, 1));
            Assert.Equal(1, weights.Sum(), 1e-4f);
            Assert.All(Enumerable.Range(0, experts), e => Assert.True(double.IsFinite(gate.Score(e))));
        });

    [Fact]
    public void One_that_joins_later_is_as_good_as_the_mixture()
    {
        var gate = Make();
        gate.Add(Expert);
        for (var i = 0; i < 10; i++)
            gate.Advance(7);
        Assert.Equal(0, gate.Score(gate.Add(Expert)));
    }
}

public sealed class UniformGateTests : GateContract
{
    protected override IGate Make() => new UniformGate();

    [Fact]
    public void Evidence_changes_nothing()
    {
        var gate = Make();
        gate.Add(Expert);
        gate.Observe(0, 0, -5);
        Assert.Equal(0, gate.Score(0));
        Assert.Equal(0, gate.Memory);
    }
}

public sealed class EvidenceGateTests : GateContract
{
    protected override IGate Make() => new EvidenceGate(0.9, 0.7);

    [Fact]
    public void The_score_is_the_decayed_sum_of_the_formula() => Gen.Double[-8, 8].Array[1, 60].Sample(advantages =>
    {
        var gate = Make();
        gate.Add(Expert);
        for (var s = 0; s < advantages.Length; s++)
        {
            gate.Advance(7);
            gate.Observe(0, 0, advantages[s]);
        }
        var t = advantages.Length - 1;
        Assert.Equal(0.7 * advantages.Select((a, s) => Math.Pow(0.9, t - s) * a).Sum(), gate.Score(0), 1e-9);
    });

    [Fact]
    public void It_does_not_matter_when_the_evidence_comes() => Gen.Double[-8, 8].Array[1, 60].Sample(advantages =>
    {
        var (prompt, late) = (Make(), Make());
        prompt.Add(Expert);
        late.Add(Expert);
        for (var s = 0; s < advantages.Length; s++)
        {
            prompt.Advance(7);
            prompt.Observe(0, 0, advantages[s]);
            late.Advance(7);
        }
        for (var s = 0; s < advantages.Length; s++)
            late.Observe(0, advantages.Length - 1 - s, advantages[s]);
        Assert.Equal(prompt.Score(0), late.Score(0), 1e-9);
    });

    [Fact]
    public void What_is_beyond_its_memory_makes_no_difference()
    {
        var gate = Make();
        gate.Add(Expert);
        gate.Observe(0, gate.Memory, EvidenceGate.MostAdvantage);
        Assert.InRange(gate.Score(0), 0, 0.003);
        Assert.Equal(0, new EvidenceGate(0.9, 0).Memory);
        Assert.Equal(1, new EvidenceGate(0, 1).Memory);
    }

    [Fact]
    public void A_token_nobody_scored_leaves_the_weights_as_they_are_among_those_who_scored_all()
    {
        var (with, without) = (Make(), Make());
        foreach (var gate in new[] { with, without })
        {
            gate.Add(Expert);
            gate.Add(Expert);
        }
        // The mixture's part is common, so it cancels.
        with.Observe(0, 0, -1 - -2);
        with.Observe(1, 0, -3 - -2);
        without.Observe(0, 0, -1);
        without.Observe(1, 0, -3);
        Assert.Equal(without.Score(0) - without.Score(1), with.Score(0) - with.Score(1), 1e-12);
    }

    [Theory, InlineData(1, 0.7), InlineData(-0.1, 0.7), InlineData(0.9, -1)]
    public void Settings_out_of_range_are_refused(double decay, double weight) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new EvidenceGate(decay, weight));
}
