using Mesh.Ensemble.Gating;
using Mesh.Training.Scores;

namespace Mesh.Training.Tests.Scores;

public sealed class MixturesTests
{
    private readonly ScoreTable _table = Tables.TwoDomains(texts: 8, tokens: 33);

    [Fact]
    public void The_uniform_mix_is_the_mean_of_the_probabilities() =>
        Assert.All(Mixtures.Gated(_table, _ => new UniformGate(), k: 2), sum => Assert.Equal(32 * Math.Log((1 / 2.0 + 1 / 16.0) / 2), sum, 1e-4));

    [Fact]
    public void A_single_expert_is_the_sum_of_its_scores()
    {
        Assert.Equal(32 * Math.Log(1 / 2.0), Mixtures.Single(_table, 0)[0], 1e-4);
        Assert.Equal(32 * Math.Log(1 / 16.0), Mixtures.Single(_table, 1)[0], 1e-4);
    }

    [Fact]
    public void Evidence_finds_the_right_expert_and_K_of_1_is_then_that_expert_alone()
    {
        var gated = Mixtures.Gated(_table, _ => new EvidenceGate(0.9, 0.7), k: 2);
        Assert.All(gated, sum => Assert.InRange(sum, 32 * Math.Log(0.45), 32 * Math.Log(0.5)));
        // The first token is a draw, which the lower number wins.
        Assert.Equal(32 * Math.Log(0.5), Mixtures.Gated(_table, _ => new EvidenceGate(0.9, 0.7), k: 1)[0], 1e-4);
    }

    [Fact]
    public void Hindsight_takes_the_best_expert_of_every_segment()
    {
        // The first 8 tokens of both domains, one after the other.
        var text = Tables.Text("both", 0, [0, 2, 4, 6, 1, 3, 5, 7]);
        var table = new ScoreTable(["first", "second"], [text]);
        for (var expert = 0; expert < 2; expert++)
            for (var at = 0; at < text.Scored; at++)
                table.Of(0, expert)[at] = MathF.Log(text.Tokens[at + 1] % 2 == expert ? 1 / 2f : 1 / 16f);
        Assert.Equal(7 * Math.Log(0.5), Mixtures.Hindsight(table, segment: 4)[0], 1e-4);
        Assert.Equal(Mixtures.Single(table, 1)[0], Mixtures.Hindsight(table, segment: 64)[0], 1e-4);
    }

    [Fact]
    public void Tables_are_taken_apart_and_joined()
    {
        var joined = ScoreTable.Join([_table.Only([3, 1]), _table.Only([0])]);
        Assert.Equal([3, 1, 0], joined.Texts.Select(t => t.Source));
        Assert.Equal(_table.Of(1, 1), joined.Of(1, 1));
    }
}
