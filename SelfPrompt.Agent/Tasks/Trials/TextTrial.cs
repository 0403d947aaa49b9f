using System.Text.Json;
using Mesh.Governance.Operations;
using SelfPrompt.Agent.Findings;
using SelfPrompt.Agent.Observing;
using SelfPrompt.Agent.Sandboxing;
using SelfPrompt.Agent.Statistics;

namespace SelfPrompt.Agent.Tasks.Trials;

/// <summary>Texts scored with two settings, paired.</summary>
internal static class TextTrial
{
    public const string Metric = "perplexity";
    public const string Unit = "nats a token";
    private const double Least = -50;   // of a token: one that nobody expects is bad, not infinitely

    /// <summary>Why no text can be scored with the settings that an operation makes of the mesh's; null where they can be.</summary>
    public static string? WhyNot(MeshObservation seen, Operation? operation = null) =>
        (operation is SetEnsemble { Ensemble.Mix: { } mix } ? new[] { seen.Settings.Mix, mix } : [seen.Settings.Mix]).All(m => m == "arithmetic")
            ? null
            : "Texts have scores with the arithmetic mix alone: nothing can be scored.";

    public static async Task<Estimate> CompareAsync(ISandbox sandbox, IReadOnlyList<string> texts, JsonElement? now, JsonElement? with, CancellationToken cancellationToken) =>
        Compare(await LossesAsync(sandbox, texts, now, null, cancellationToken), await LossesAsync(sandbox, texts, with, null, cancellationToken));

    /// <summary>Nats a token of each text; NaN of one that has no score.</summary>
    public static async Task<double[]> LossesAsync(ISandbox sandbox, IReadOnlyList<string> texts, JsonElement? settings, string? expert, CancellationToken cancellationToken)
    {
        var losses = new double[texts.Count];
        for (var i = 0; i < losses.Length; i++)
            losses[i] = Loss(await sandbox.ScoreAsync(texts[i], settings, expert, cancellationToken));
        return losses;
    }

    public static Estimate Compare(double[] now, double[] with)
    {
        var pairs = now.Zip(with).Where(p => double.IsFinite(p.First) && double.IsFinite(p.Second)).ToArray();
        return Gain(now, with).Estimate(Metric, Unit, pairs.Select(p => p.First).DefaultIfEmpty().Average(), pairs.Select(p => p.Second).DefaultIfEmpty().Average());
    }

    public static Paired Gain(double[] now, double[] with) =>
        Paired.Of([.. now.Zip(with, (a, b) => a - b).Where(double.IsFinite)]);

    private static double Loss(double[] scores) => scores.Length == 0 ? double.NaN : -scores.Average(s => double.IsNaN(s) ? Least : Math.Max(s, Least));
}
