using Mesh.Ensemble.Gating;
using Mesh.Training.Gates;
using Mesh.Training.Scores;

namespace SelfPrompt.Agent.Tasks.ConfigTuning;

/// <summary>A gate fitted to the table, and what gates that had not seen a text gave to it: no gate is judged by what it was fitted to.</summary>
/// <param name="Losses">Nats a token of each text, each by a gate of the other folds.</param>
internal sealed record GateFitting(GateModel Model, double[] Losses)
{
    private const int Nothing = -1;   // a fold that no text is of

    /// <param name="k">Experts mixed for a token.</param>
    public static GateFitting? Of(ExpertScores scores, int k, CancellationToken cancellationToken)
    {
        if (scores.Table.Texts.Count < 2 * EvalText.Folds)
            return null;
        GateModel[] others = [.. Enumerable.Range(0, EvalText.Folds).Select(Fit)];
        var sums = Mixtures.Gated(scores.Table, text => new LearnedGate(others[scores.Table.Texts[text].Fold]), k);
        return new(Fit(Nothing), scores.Losses(sums));

        GateModel Fit(int heldOut) => GateSearch.Run(scores.Table, heldOut, TrainingPlan.DefaultEpochs, scores.Tokenizer, scores.VocabularySize, () => { }, cancellationToken).Model;
    }

    /// <summary>The gate file's bytes.</summary>
    public byte[] File()
    {
        using var stream = new MemoryStream();
        Model.Write(stream, FormattableString.Invariant($"{Losses.Length} short texts; on those it had not seen {Losses.Average():f4} nats a token"));
        return stream.ToArray();
    }
}
