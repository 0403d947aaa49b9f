using System.Text.Json;
using Mesh.Governance.Configurations;
using Mesh.Governance.Operations;
using SelfPrompt.Agent.Findings;
using SelfPrompt.Agent.Observing;
using SelfPrompt.Agent.Sandboxing;
using SelfPrompt.Agent.Statistics;
using SelfPrompt.Agent.Tasks.TestGeneration;
using SelfPrompt.Agent.Tasks.Trials;
using SelfPrompt.Agent.Texts;

namespace SelfPrompt.Agent.Tasks.SchedulerOptimization;

/// <summary>Time of a token, without loss of what the answers are worth; and a deadline so short that the experts' answers never come.</summary>
internal sealed class SchedulerOptimizationTask(CaseReplay replay) : ISelfTask
{
    /// <summary>Most probability that a run finds anything where nothing is.</summary>
    public const double Level = 0.01;

    /// <summary>What a token's likelihood may lose at most for speed, nats: the upper end of the interval has to be below.</summary>
    public const double MostLoss = 0.02;

    private const string Median = "token_p50_ms", P99 = "token_p99_ms", Dropped = "dropped_share";
    private const double LeastGain = 0.05;      // of the time now: less is not worth people's time
    private const double MoreDropped = 0.01;    // of the answers
    private const double Repaired = 0.25;       // of the dropped ones may be left

    public TaskKind Kind => TaskKind.SchedulerOptimization;

    public async Task<IReadOnlyList<Finding>> AnalyseAsync(MeshObservation seen, ISandbox sandbox, CancellationToken cancellationToken)
    {
        if (TextTrial.WhyNot(seen) is not null)
            return [];
        var deadlines = SchedulerCandidates.ForDeadline(seen);
        // A mesh that goes without its experts is repaired before it is made faster: without them anything is fast.
        var candidates = deadlines.Count > 0 ? deadlines : SchedulerCandidates.ForSpeed(seen);
        var samples = await SpeedTrial.RunAsync(sandbox, HeldOutPrompts.Of(TextPart.Analysis), [null, .. candidates.Select(c => (JsonElement?)TrialSettings.Of(c))], cancellationToken);
        var compared = candidates.Select((c, i) => Compared.Of(c, samples[0], samples[i + 1])).ToArray();
        return deadlines.Count > 0
            ? await DeadlineAsync(compared, seen, sandbox, cancellationToken)
            : await SpeedAsync(compared, seen, sandbox, cancellationToken);
    }

    public async Task<Validation> ValidateAsync(Finding finding, MeshObservation seen, ISandbox sandbox, CancellationToken cancellationToken)
    {
        if (TextTrial.WhyNot(seen, finding.Operation) is { } why)
            return new(false, why);
        var (operation, settings) = ((SetEnsemble)finding.Operation, TrialSettings.Of(finding.Operation));
        var samples = await SpeedTrial.RunAsync(sandbox, HeldOutPrompts.Of(TextPart.Validation), [null, settings], cancellationToken);
        var compared = Compared.Of(operation.Ensemble, samples[0], samples[1]);
        var promise = compared.By(finding.Promise?.Metric ?? Median);
        var numbers = Numbers(promise);
        if (!promise.IsGain || !compared.IsEnough(promise))
            return new(false, $"On prompts that the analysis did not see it is no gain: {numbers}");
        var loss = await LossAsync(compared, TextPart.Validation, seen, sandbox, cancellationToken);
        if (loss.High > MostLoss)
            return new(false, FormattableString.Invariant($"It may cost {loss.High:f3} nats a token; {MostLoss} are allowed."));
        if (await replay.FirstBrokenAsync(sandbox, settings, cancellationToken) is { } broken)
            return new(false, $"It breaks the accepted case {broken.Id}: {broken.InWords}.");
        return new(true, FormattableString.Invariant($"On other prompts: {numbers} Likelihood lost: {loss.Mean:f3} nats a token, at most {loss.High:f3}.{TrialSettings.Afterwards(finding.Operation, seen)}"), promise);
    }

    public async Task<Estimate?> MeasureAsync(Finding finding, MeshObservation seen, ISandbox sandbox, CancellationToken cancellationToken)
    {
        if (TrialSettings.Before(finding.Operation, seen) is not { } before)
            return null;
        var samples = await SpeedTrial.RunAsync(sandbox, HeldOutPrompts.Of(TextPart.Measure), [before, null], cancellationToken);
        return Compared.Of(((SetEnsemble)finding.Operation).Ensemble, samples[0], samples[1]).By(finding.Promise?.Metric ?? Median);
    }

    /// <summary>The shortest deadline that gets most of the lost answers back.</summary>
    private static async Task<IReadOnlyList<Finding>> DeadlineAsync(Compared[] compared, MeshObservation seen, ISandbox sandbox, CancellationToken cancellationToken)
    {
        var passes = Holm.Passes([.. compared.Select(c => c.DroppedGain.Chance)], Level);
        foreach (var candidate in compared.Where((c, i) => passes[i] && c.IsEnough(c.By(Dropped))))
        {
            if ((await LossAsync(candidate, TextPart.Analysis, seen, sandbox, cancellationToken)).High > MostLoss)
                continue;
            var promise = candidate.By(Dropped);
            var users = (double)seen.Router.Experts.Sum(e => e.Dropped) / seen.Router.Experts.Sum(e => e.Asked);
            return [new("schedule-deadline", TaskKind.SchedulerOptimization, FormattableString.Invariant(
                $"The deadline is too short: {users:P0} of the experts' answers to users came too late. minimum_deadline_ms {candidate.Settings.MinimumDeadlineMs}: {Numbers(promise)} A token takes {candidate.Now.Median:0.##} ms now, {candidate.With.Median:0.##} with it."),
                new SetEnsemble(candidate.Settings), promise, Confidence(candidate.DroppedGain, compared.Length), promise.Gain)];
        }
        return [];
    }

    private static async Task<IReadOnlyList<Finding>> SpeedAsync(Compared[] compared, MeshObservation seen, ISandbox sandbox, CancellationToken cancellationToken)
    {
        // The median and the p99 of each: twice as many comparisons.
        var all = compared.SelectMany(c => new (Compared Candidate, string Metric, Paired Gain)[] { (c, Median, c.MedianGain), (c, P99, c.P99Gain) }).ToArray();
        var passes = Holm.Passes([.. all.Select(c => c.Gain.Chance)], Level);
        var better = all.Where((c, i) => passes[i] && c.Candidate.IsEnough(c.Candidate.By(c.Metric))).GroupBy(c => c.Candidate).Select(g => g.First()).OrderByDescending(c => c.Candidate.Share(c.Metric));
        foreach (var (candidate, metric, gain) in better)
        {
            var loss = await LossAsync(candidate, TextPart.Analysis, seen, sandbox, cancellationToken);
            if (loss.High > MostLoss)
                continue;
            var promise = candidate.By(metric);
            return [new("schedule-speed", TaskKind.SchedulerOptimization, FormattableString.Invariant(
                $"{string.Join(", ", TrialSettings.Of(candidate.Settings).EnumerateObject().Select(p => $"{p.Name} {p.Value}"))}: {Numbers(promise)} Likelihood lost: at most {loss.High:f3} nats a token."),
                new SetEnsemble(candidate.Settings), promise, Confidence(gain, all.Length), candidate.Share(metric))];
        }
        return [];
    }

    /// <summary>What changes the mixture, texts tell; over-selection and deadlines change who is heard for a token, which the answers tell, as the whole mixture sees them.</summary>
    private static async Task<Paired> LossAsync(Compared candidate, TextPart part, MeshObservation seen, ISandbox sandbox, CancellationToken cancellationToken)
    {
        var (now, with) = candidate.Settings with { OverSelection = null, DeadlineFactor = null, MinimumDeadlineMs = null } != new EnsembleSettings()
            ? (await TextTrial.LossesAsync(sandbox, HeldOutTexts.Of(part, seen), null, null, cancellationToken),
               await TextTrial.LossesAsync(sandbox, HeldOutTexts.Of(part, seen), TrialSettings.Of(candidate.Settings), null, cancellationToken))
            : (await TextTrial.LossesAsync(sandbox, candidate.Now.Texts, null, null, cancellationToken),
               await TextTrial.LossesAsync(sandbox, candidate.With.Texts, null, null, cancellationToken));
        return TextTrial.Gain(with, now);
    }

    private static double Confidence(Paired gain, int compared) => Math.Clamp(1 - gain.Chance * compared, 0, 1);

    private static string Numbers(Estimate of) => of.Unit == "ms"
        ? FormattableString.Invariant($"{of.Metric} {of.Now:0.##} now, {of.With:0.##} with it; {of.Gain:0.##} ms less ({of.Low:0.##} to {of.High:0.##}, 95 %, {of.Samples} prompts).")
        : FormattableString.Invariant($"answers that come too late {of.Now:P1} now, {of.With:P1} with it ({of.Low:P1} to {of.High:P1} less, 95 %, {of.Samples} prompts).");

    private sealed record Compared(EnsembleSettings Settings, SpeedSample Now, SpeedSample With, Paired MedianGain, Paired P99Gain, Paired DroppedGain)
    {
        public static Compared Of(EnsembleSettings settings, SpeedSample now, SpeedSample with) =>
            new(settings, now, with, now.MedianGain(with), now.P99Gain(with), now.DroppedGain(with));

        public Estimate By(string metric) => metric switch
        {
            Median => MedianGain.Estimate(metric, "ms", Now.Median, With.Median),
            P99 => P99Gain.Estimate(metric, "ms", Now.P99, With.P99),
            _ => DroppedGain.Estimate(metric, "share of the answers", Now.Dropped, With.Dropped),
        };

        /// <summary>Of the time now.</summary>
        public double Share(string metric) => By(metric) is var of && of.Now > 0 ? of.Gain / of.Now : 0;

        /// <summary>Whether it is worth a proposal.</summary>
        public bool IsEnough(Estimate promise) => promise.Metric == Dropped
            ? With.Dropped <= Repaired * Now.Dropped
            : Share(promise.Metric) >= LeastGain && With.Dropped <= Now.Dropped + MoreDropped;
    }
}
