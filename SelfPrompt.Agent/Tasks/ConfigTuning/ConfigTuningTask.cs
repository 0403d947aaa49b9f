using Mesh.Governance.Configurations;
using Mesh.Governance.Operations;
using SelfPrompt.Agent.Findings;
using SelfPrompt.Agent.Observing;
using SelfPrompt.Agent.Sandboxing;
using SelfPrompt.Agent.Statistics;
using SelfPrompt.Agent.Tasks.TestGeneration;
using SelfPrompt.Agent.Tasks.Trials;
using SelfPrompt.Agent.Texts;

namespace SelfPrompt.Agent.Tasks.ConfigTuning;

/// <summary>
/// Gate, evidence, K, and a gate file trained for these experts: what makes the texts likelier. The settings are compared on the experts' own scores, which the router's exact
/// scores then have to confirm on other texts.
/// </summary>
internal sealed class ConfigTuningTask(CaseReplay replay) : ISelfTask
{
    /// <summary>Most probability that a run finds anything where nothing is.</summary>
    public const double Level = 0.01;

    /// <summary>Less is not worth people's time, nats a token.</summary>
    public const double LeastGain = 0.01;

    public TaskKind Kind => TaskKind.ConfigTuning;

    public async Task<IReadOnlyList<Finding>> AnalyseAsync(MeshObservation seen, ISandbox sandbox, CancellationToken cancellationToken)
    {
        if (TextTrial.WhyNot(seen) is not null)
            return [];
        var texts = HeldOutTexts.Of(TextPart.Analysis, seen);
        var now = await TextTrial.LossesAsync(sandbox, texts, null, null, cancellationToken);
        if (await ExpertScores.ReadAsync(sandbox, seen, texts, HeldOutTexts.Of(TextPart.Analysis).Count, cancellationToken) is not { } scores)
            return [];
        double[] before = [.. scores.Texts.Select(t => now[t])];
        var candidates = GateCandidates.Of(scores, seen.Settings).Select(c => new Compared("tune-ensemble", new SetEnsemble(c.Settings), before, c.Losses)).ToList();
        if (await LearnedAsync(scores, seen, sandbox, texts, cancellationToken) is { } learned)
            candidates.Add(new("tune-learned-gate", new SetEnsemble(learned.Settings), before, learned.Losses));
        var fitting = CanSetGate(seen) ? await GateFitting.OfAsync(scores, seen.Settings.K, sandbox, cancellationToken) : null;
        if (fitting is not null)
            candidates.Add(new("tune-trained-gate", null, before, fitting.Losses));

        var passes = Holm.Passes([.. candidates.Select(c => c.Gain.Chance)], Level);
        var best = candidates.Where((c, i) => passes[i] && c.Gain.Mean >= LeastGain).GroupBy(c => c.Id).Select(g => Cheapest([.. g], seen.Settings.K)).OrderByDescending(c => c.Gain.Mean);
        var findings = new List<Finding>();
        foreach (var candidate in best)
            findings.Add(await FindingAsync(candidate, candidates.Count, fitting, sandbox, cancellationToken));
        return findings;
    }

    public async Task<Validation> ValidateAsync(Finding finding, MeshObservation seen, ISandbox sandbox, CancellationToken cancellationToken)
    {
        if (TextTrial.WhyNot(seen, finding.Operation) is { } why)
            return new(false, why);
        var settings = TrialSettings.Of(finding.Operation);
        var all = HeldOutTexts.Of(TextPart.Validation, seen);
        var own = HeldOutTexts.Of(TextPart.Validation).Count;   // they come first
        var (now, with) = (await TextTrial.LossesAsync(sandbox, all, null, null, cancellationToken), await TextTrial.LossesAsync(sandbox, all, settings, null, cancellationToken));
        var promise = TextTrial.Compare(now, with);
        var numbers = Numbers(promise);
        if (!promise.IsGain || promise.Gain < LeastGain)
            return new(false, $"On texts that the analysis did not see it is no gain: {numbers}");
        // What only fed-back texts speak for is somebody's wish.
        if (TextTrial.Gain(now[..own], with[..own]) is not { Low: > 0 } alone)
            return new(false, $"Without the texts that were fed back it is no gain; with them {numbers}");
        if (await replay.FirstBrokenAsync(sandbox, settings, cancellationToken) is { } broken)
            return new(false, $"It breaks the accepted case {broken.Id}: {broken.InWords}.");
        return new(true, FormattableString.Invariant($"On other texts: {numbers} Without fed-back texts the gain is {alone.Mean:f3}.{TrialSettings.Afterwards(finding.Operation, seen)}"), promise);
    }

    public async Task<Estimate?> MeasureAsync(Finding finding, MeshObservation seen, ISandbox sandbox, CancellationToken cancellationToken) =>
        TextTrial.WhyNot(seen, finding.Operation) is null && TrialSettings.Before(finding.Operation, seen) is { } before
            ? await TextTrial.CompareAsync(sandbox, HeldOutTexts.Of(TextPart.Measure, seen), before, null, cancellationToken)
            : null;

    /// <summary>Of those that are about as good as the best, the one that asks the fewest experts.</summary>
    private static Compared Cheapest(IReadOnlyList<Compared> candidates, int k)
    {
        var best = candidates.Max(c => c.Gain.Mean);
        return candidates.Where(c => c.Gain.Mean >= best - LeastGain).OrderBy(c => c.Settings?.Ensemble.K ?? k).ThenByDescending(c => c.Gain.Mean).First();
    }

    /// <summary>The routers' own trained gate, of which only they know the weights: asked for, with as many experts as its evidence alone would want.</summary>
    private static async Task<GateCandidate?> LearnedAsync(ExpertScores scores, MeshObservation seen, ISandbox sandbox, IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        if (seen.Settings.Gate == "learned")
            return null;
        var k = Math.Max(seen.Settings.K, Math.Min(4, scores.Table.Experts.Count));
        var settings = new EnsembleSettings { Gate = "learned", K = k == seen.Settings.K ? null : k };
        var losses = await TextTrial.LossesAsync(sandbox, texts, TrialSettings.Of(settings), null, cancellationToken);
        return new(settings, [.. scores.Texts.Select(t => losses[t])]);
    }

    /// <summary>A gate file has an effect where the learned gate is in use, and no agent signs one.</summary>
    private static bool CanSetGate(MeshObservation seen) => seen.Settings.Gate == "learned" && !seen.Configuration.Policy.SignedArtifacts;

    private static async Task<Finding> FindingAsync(Compared candidate, int compared, GateFitting? fitting, ISandbox sandbox, CancellationToken cancellationToken)
    {
        var promise = TextTrial.Compare(candidate.Now, candidate.With);
        var confidence = Math.Clamp(1 - candidate.Gain.Chance * compared, 0, 1);
        if (candidate.Settings is { } operation)
            return new(candidate.Id, TaskKind.ConfigTuning, $"{InWords(operation.Ensemble)}: {Numbers(promise)}", operation, promise, confidence, promise.Gain);
        var hash = await sandbox.KeepAsync(fitting!.File(), cancellationToken);
        return new(candidate.Id, TaskKind.ConfigTuning, $"A gate trained on texts of this mesh: {Numbers(promise)}", new SetGate(hash), promise, confidence, promise.Gain, hash);
    }

    private static string InWords(EnsembleSettings settings) => string.Join(", ", TrialSettings.Of(settings).EnumerateObject().Select(p => $"{p.Name} {p.Value}"));

    private static string Numbers(Estimate of) => FormattableString.Invariant(
        $"perplexity {Math.Exp(of.Now):0.##} now, {Math.Exp(of.With):0.##} with it; {of.Gain:+0.000;-0.000} nats a token ({of.Low:+0.000;-0.000} to {of.High:+0.000;-0.000}, 95 %, {of.Samples} texts).");

    /// <param name="Settings">Null: the trained gate.</param>
    private sealed record Compared(string Id, SetEnsemble? Settings, double[] Now, double[] With)
    {
        public Paired Gain { get; } = TextTrial.Gain(Now, With);
    }
}
