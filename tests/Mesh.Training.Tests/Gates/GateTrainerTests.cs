using Mesh.Ensemble.Gating;
using Mesh.Training.Gates;
using Mesh.Training.Scores;

namespace Mesh.Training.Tests.Gates;

public sealed class GateTrainerTests
{
    [Fact]
    public void It_learns_which_tokens_speak_for_whom_and_that_helps_on_texts_it_has_not_seen()
    {
        var table = Tables.TwoDomains(texts: 40, tokens: 17);
        var train = table.Numbers(fold => fold > 1);
        var model = GateTrainer.Run(table, train, new(TokenDecay: 0.9, EvidenceDecay: 0.9, Penalty: 0.01, Epochs: 10), "toy", vocabulary: 8, CancellationToken.None);
        Assert.Equal(["first", "second"], model.Experts);
        Assert.All(Enumerable.Range(0, 8), token => Assert.True(token % 2 == 0 ? model.Of(token)[0] > 0.02 : model.Of(token)[1] > 0.02));
        Assert.All(Enumerable.Range(0, 8), token => Assert.Equal(0, model.Of(token)[0] + model.Of(token)[1], 1e-5));
        var heldOut = table.Only(table.Numbers(fold => fold <= 1));
        Assert.True(Mixtures.Gated(heldOut, _ => new LearnedGate(model), 2).Sum() > Mixtures.Gated(heldOut, _ => new EvidenceGate(0.9, 0.7), 2).Sum());
    }

    [Fact]
    public void A_step_goes_uphill()
    {
        var table = Tables.TwoDomains(texts: 8, tokens: 17);
        int[] all = [.. Enumerable.Range(0, 8)];
        var losses = new[] { 1, 2, 4, 8 }.Select(epochs =>
        {
            var model = GateTrainer.Run(table, all, new(0.8, 0.8, 0, epochs), "toy", 8, CancellationToken.None);
            return -Mixtures.Gated(table, _ => new LearnedGate(model), 2).Sum();
        }).ToArray();
        Assert.Equal(losses.OrderDescending(), losses);
    }
}
