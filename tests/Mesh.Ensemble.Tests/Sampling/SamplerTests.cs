using CsCheck;
using Mesh.Contracts.Steps;
using Mesh.Ensemble.Mixing;
using Mesh.Ensemble.Sampling;

namespace Mesh.Ensemble.Tests.Sampling;

public sealed class SamplerTests
{
    private const int Vocabulary = 12;
    private const ulong Key = 7;
    private static readonly double[] Chances = [0.30, 0.20, 0.15, 0.10, 0.08, 0.06, 0.04, 0.03, 0.02, 0.01];

    /// <summary>Tokens 0 to 9 are listed with the chances above; 10 and 11 share a tail of 0.01.</summary>
    private static Mixture Mixed(double[]? chances = null)
    {
        var distribution = new SparseDistribution { Tail = 0.01f };
        for (var i = 0; i < Chances.Length; i++)
            distribution.Add(i, (float)Math.Log((chances ?? Chances)[i]));
        var mixture = new Mixture(Vocabulary);
        mixture.Mix([distribution], [1], MixMode.Arithmetic);
        return mixture;
    }

    private static Sampler Make(SamplingOptions options, params int[] prompt) => new(options with { Seed = options.Seed ?? 1 }, prompt, 0);

    private static double[] Distribution(Sampler sampler) => [.. Enumerable.Range(0, Vocabulary).Select(sampler.Probability)];

    private static readonly Gen<SamplingOptions> Options =
        from temperature in Gen.OneOf(Gen.Const(0f), Gen.Const(1f), Gen.Float[0.05f, 2f])
        from topP in Gen.OneOf(Gen.Const(1f), Gen.Float[0.01f, 1f])
        from topK in Gen.OneOf(Gen.Const(0), Gen.Int[1, 15])
        from minP in Gen.OneOf(Gen.Const(0f), Gen.Float[0f, 0.99f])
        from seed in Gen.Long
        select new SamplingOptions { Temperature = temperature, TopP = topP, TopK = topK, MinP = minP, Seed = seed };

    [Fact]
    public void Whatever_the_settings_it_is_a_distribution_over_listed_tokens_and_only_those_are_drawn() => Options.Sample(options =>
    {
        var sampler = Make(options);
        var mixture = Mixed();
        for (var i = 0; i < 5; i++)
        {
            sampler.Prepare(mixture);
            var before = Distribution(sampler);
            Assert.Equal(1, before.Sum(), 1e-9);
            Assert.Equal(0, before[10] + before[11]);
            var token = sampler.Draw(Key, i);
            Assert.True(before[token] > 0);
            Assert.Equal(before, Distribution(sampler));
            Assert.Equal(token, sampler.Draw(Key, i));
        }
    });

    [Fact]
    public void Draws_follow_the_distribution_under_any_settings()
    {
        var random = new Random(3);
        for (var i = 0; i < 20; i++)
        {
            var options = new SamplingOptions
            {
                Temperature = 0.3f + random.NextSingle() * 1.5f, TopP = random.Next(2) == 0 ? 1 : 0.5f + random.NextSingle() / 2, TopK = random.Next(12),
                MinP = random.Next(2) * 0.05f, Seed = i,
            };
            var (sampler, mixture, counts) = (Make(options), Mixed(), new int[Vocabulary]);
            sampler.Prepare(mixture);
            var chances = Distribution(sampler);
            for (var n = 0; n < 20_000; n++)
                counts[sampler.Draw(Key, n)]++;
            Assert.InRange(Statistics.ChiSquareSigmas(counts, chances), -5, 4);
        }
    }

    [Fact]
    public void Who_knows_the_key_and_much_the_same_distribution_mostly_names_the_same_token()
    {
        double[] others = [0.20, 0.30, 0.15, 0.10, 0.08, 0.06, 0.04, 0.03, 0.02, 0.01];
        var (sampler, other, same, foreign) = (Make(new()), Make(new()), 0, 0);
        sampler.Prepare(Mixed());
        other.Prepare(Mixed(others));
        const int Draws = 100_000;
        for (var n = 0; n < Draws; n++)
        {
            var token = sampler.Draw(Key, n);
            same += token == other.Draw(Key, n) ? 1 : 0;
            foreign += token == other.Draw(Key + 1, n) ? 1 : 0;
        }
        // Distance in total variation 0.1: at least (1 - 0.1) / (1 + 0.1) agree, at most 1 - 0.1; strangers agree with the sum of the products.
        Assert.InRange(same / (double)Draws, 0.9 / 1.1 - 0.01, 0.9 + 0.01);
        Assert.Equal(Chances.Zip(others).Sum(p => p.First * p.Second), foreign / (double)Draws, 0.01);
    }

    [Fact]
    public void Seeds_and_epochs_have_keys_of_their_own()
    {
        var keys = from seed in Enumerable.Range(0, 100) from epoch in Enumerable.Range(0, 10) select new Sampler(new() { Seed = seed }, [], 0).Key(epoch);
        Assert.Equal(1000, keys.Distinct().Count());
        Assert.Equal(new Sampler(new() { Seed = 5 }, [], 1).Key(3), new Sampler(new(), [], 5).Key(3));
    }

    [Fact]
    public void Temperature_sharpens_as_the_formula_says()
    {
        var sampler = Make(new() { Temperature = 0.5f });
        sampler.Prepare(Mixed());
        var squares = Chances.Select(p => p * p).ToArray();
        for (var i = 0; i < 10; i++)
            Assert.Equal(squares[i] / squares.Sum(), sampler.Probability(i), 1e-4);
    }

    [Theory, InlineData(0.3f, 1), InlineData(0.31f, 2), InlineData(0.65f, 3), InlineData(0.66f, 4), InlineData(0.999f, 10)]
    public void Top_p_is_the_smallest_set_with_that_mass(float topP, int kept)
    {
        var sampler = Make(new() { TopP = topP * 0.99f / 0.991f });
        sampler.Prepare(Mixed());
        Assert.Equal(kept, Distribution(sampler).Count(p => p > 0));
    }

    [Fact]
    public void Top_k_and_min_p_keep_the_heaviest()
    {
        var sampler = Make(new() { TopK = 3 });
        sampler.Prepare(Mixed());
        Assert.Equal([0, 1, 2], Enumerable.Range(0, Vocabulary).Where(t => sampler.Probability(t) > 0));
        sampler = Make(new() { MinP = 0.25f });
        sampler.Prepare(Mixed());
        Assert.Equal([0, 1, 2, 3, 4], Enumerable.Range(0, Vocabulary).Where(t => sampler.Probability(t) > 0));
    }

    [Fact]
    public void Presence_and_frequency_count_what_was_generated_and_repetition_the_prompt_too()
    {
        var sampler = Make(new() { PresencePenalty = 1f, FrequencyPenalty = 0.5f }, 3);
        sampler.Accept(0);
        sampler.Accept(0);
        sampler.Prepare(Mixed());
        Assert.Equal(0.30 * Math.Exp(-2) / 0.20, sampler.Probability(0) / sampler.Probability(1), 1e-4);
        Assert.Equal(0.5, sampler.Probability(3) / sampler.Probability(1), 1e-4);
        sampler = Make(new() { RepetitionPenalty = 1.5f }, 3);
        sampler.Prepare(Mixed());
        // The listed probabilities sum to 0.99 + 0.01 of tail, so they are what they are listed as.
        Assert.Equal(Math.Pow(0.10, 1.5) / 0.20, sampler.Probability(3) / sampler.Probability(1), 1e-3);
    }

    [Fact]
    public void A_bias_bans_and_raises_also_what_nobody_lists()
    {
        var sampler = Make(new() { LogitBias = new Dictionary<int, float> { [0] = -100, [11] = 100 } });
        sampler.Prepare(Mixed());
        Assert.Equal(0, sampler.Probability(0), 1e-9);
        Assert.Equal(1, sampler.Probability(11), 1e-9);
        sampler = Make(new() { Temperature = 0, LogitBias = new Dictionary<int, float> { [0] = -100 } });
        sampler.Prepare(Mixed());
        Assert.Equal(1, sampler.Draw(Key, 0));
    }

    [Fact]
    public void A_constraint_filters_and_proposes_when_nothing_listed_is_allowed()
    {
        var constraint = new OnlyThese(4, 6);
        var sampler = new Sampler(new() { Seed = 1 }, [], 0, constraint);
        sampler.Prepare(Mixed());
        Assert.Equal(0.08 / 0.12, sampler.Probability(4), 1e-4);
        sampler.Accept(6);
        Assert.Equal([6], constraint.Accepted);
        sampler = new(new() { Temperature = 0 }, [], 0, new OnlyThese(11));
        sampler.Prepare(Mixed());
        Assert.Equal(11, sampler.Draw(Key, 0));
        Assert.Throws<ConstraintException>(() => new Sampler(new(), [], 0, new OnlyThese()).Prepare(Mixed()));
    }

    [Fact]
    public void Ties_go_to_the_lower_token_so_that_greedy_is_the_same_everywhere()
    {
        var sampler = Make(new() { Temperature = 0 });
        sampler.Prepare(Mixed([.. Enumerable.Repeat(0.099, 10)]));
        Assert.Equal(0, sampler.Draw(Key, 0));
    }

    [Fact]
    public void Nothing_is_allocated_once_warm()
    {
        var (sampler, mixture) = (Make(new() { TopP = 0.9f }), Mixed());
        Draw();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            Draw();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Draw()
        {
            sampler.Prepare(mixture);
            sampler.Accept(sampler.Draw(Key, 0));
        }
    }

    private sealed class OnlyThese(params int[] tokens) : ITokenConstraint
    {
        public List<int> Accepted { get; } = [];
        public bool Allows(int token) => tokens.Contains(token);
        public ReadOnlySpan<int> Propose() => tokens;
        public void Accept(int token) => Accepted.Add(token);
    }
}
