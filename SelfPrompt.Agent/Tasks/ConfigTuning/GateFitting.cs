using Mesh.Ensemble.Gating;
using Mesh.Training.Gates;
using Mesh.Training.Scores;
using SelfPrompt.Agent.Sandboxing;

namespace SelfPrompt.Agent.Tasks.ConfigTuning;

/// <summary>A gate fitted to the table, and what gates that had not seen a text gave to it: no gate is judged by what it was fitted to.</summary>
/// <param name="Losses">Nats a token of each text, each by a gate of the other folds.</param>
internal sealed record GateFitting(GateModel Model, double[] Losses)
{
    private const int Nothing = -1;   // a fold that no text is of

    /// <summary>The others are the experts', and users'.</summary>
    private static int Cores => Math.Max(1, Environment.ProcessorCount / 2);

    /// <param name="k">Experts mixed for a token.</param>
    /// <param name="sandbox">Asked before each fit, which takes a while: a halted mesh's agent does not go on.</param>
    public static async Task<GateFitting?> OfAsync(ExpertScores scores, int k, ISandbox sandbox, CancellationToken cancellationToken)
    {
        if (scores.Table.Texts.Count < 2 * EvalText.Folds)
            return null;
        var others = new GateModel[EvalText.Folds];
        for (var fold = 0; fold < others.Length; fold++)
            others[fold] = await FitAsync(fold);
        var sums = Mixtures.Gated(scores.Table, text => new LearnedGate(others[scores.Table.Texts[text].Fold]), k);
        return new(await FitAsync(Nothing), scores.Losses(sums));

        async Task<GateModel> FitAsync(int heldOut)
        {
            await sandbox.CheckAsync(cancellationToken);
            return await Task.Run(
                () => GateSearch.Run(scores.Table, heldOut, TrainingPlan.DefaultEpochs, scores.Tokenizer, scores.VocabularySize, () => { }, cancellationToken, Cores).Model, cancellationToken);
        }
    }

    /// <summary>The gate file's bytes.</summary>
    public byte[] File()
    {
        using var stream = new MemoryStream();
        Model.Write(stream, FormattableString.Invariant($"{Losses.Length} short texts; on those it had not seen {Losses.Average():f4} nats a token"));
        return stream.ToArray();
    }
}
