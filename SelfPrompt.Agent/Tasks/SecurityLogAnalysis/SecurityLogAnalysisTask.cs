using System.Text.Json;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Security;
using Mesh.Governance.Acts;
using Mesh.Governance.Operations;
using SelfPrompt.Agent.Findings;
using SelfPrompt.Agent.Observing;
using SelfPrompt.Agent.Sandboxing;
using SelfPrompt.Agent.Statistics;
using SelfPrompt.Agent.Tasks.SchedulerOptimization;
using SelfPrompt.Agent.Texts;

namespace SelfPrompt.Agent.Tasks.SecurityLogAnalysis;

/// <summary>Keys to revoke, callers to look into, experts to take out: what was refused and used, tested against what is usual.</summary>
internal sealed class SecurityLogAnalysisTask : ISelfTask
{
    private const int Most = 5;             // findings of a run
    private const int NoiseTexts = 12;

    public TaskKind Kind => TaskKind.SecurityLogAnalysis;

    public async Task<IReadOnlyList<Finding>> AnalyseAsync(MeshObservation seen, ISandbox sandbox, CancellationToken cancellationToken)
    {
        var findings = Suspicions.Of(seen).Select(s => FindingOf(s, seen)).OfType<Finding>().ToList();
        findings.AddRange(await NoisyAsync(seen, sandbox, cancellationToken));
        return [.. findings.DistinctBy(f => f.Id).Where(f => IsPossible(f.Operation, seen)).Take(Most)];
    }

    public async Task<Validation> ValidateAsync(Finding finding, MeshObservation seen, ISandbox sandbox, CancellationToken cancellationToken)
    {
        switch (finding.Operation)
        {
            case SuggestText(var text):
                return Suspicions.Of(seen).Any(s => s.Kind == SuspicionKind.Guessing && Guessed(s) == text)
                    ? new(true, "The log says so beyond chance; who it is only people can find out.")
                    : new(false, "The log does not say so.");
            case SetRateLimit(var perMinute, _):
                var busiest = Busiest(seen);
                return busiest <= perMinute
                    ? new(true, FormattableString.Invariant($"The busiest key asks {busiest:0.#} times a minute: nobody that has one is slowed down."))
                    : new(false, FormattableString.Invariant($"A key asks {busiest:0.#} times a minute, more than {perMinute}: honest callers would be slowed down."));
            case RevokeApiKey(var key, _):
                return Suspicions.Of(seen).Any(s => s.Subject == key && s.Kind is SuspicionKind.SharedKey or SuspicionKind.RefusedKey)
                    ? new(true, "The log says so beyond chance; what a revoked key did for its owner only people know.")
                    : new(false, "The log does not say so.");
            case QuarantineExpert(var expert, _) when NoiseTest.Candidates(seen).Contains(expert) && NoiseTest.Candidates(seen).Count() > 1:
                var noise = await NoiseTest.OfAsync(sandbox, expert.Value, HeldOutTexts.Of(TextPart.Validation), cancellationToken);
                if (noise.Low > 0)
                    return new(true, FormattableString.Invariant($"On texts that the analysis did not see it is {noise.Mean:f2} nats a token worse than uniform noise ({noise.Low:f2} to {noise.High:f2}, 95 %)."));
                var late = await WithoutAsync(expert, HeldOutPrompts.Of(TextPart.Validation), seen, sandbox, cancellationToken);
                return finding.Promise is not null && late.IsGain
                    ? new(true, FormattableString.Invariant($"Without it {late.With:P1} of the answers come too late, with it {late.Now:P1}."), late)
                    : new(false, "Tried away from traffic it answers in time, and better than noise.");
            default:
                return new(false, "It cannot be tried.");
        }
    }

    public async Task<Estimate?> MeasureAsync(Finding finding, MeshObservation seen, ISandbox sandbox, CancellationToken cancellationToken)
    {
        if (finding is not { Operation: QuarantineExpert, Promise: { } promise })
            return null;
        // It is out now and cannot be asked: what is left is held against what was.
        var now = (await SpeedTrial.RunAsync(sandbox, HeldOutPrompts.Of(TextPart.Measure), [null], cancellationToken))[0];
        // Answers of one completion are late together: it is one sample, however many they were.
        return Welch.Of(promise.Now, promise.Now * (1 - promise.Now), seen.Router.Traffic.Completions, [.. now.DroppedShares]).Estimate(promise.Metric, promise.Unit, promise.Now, now.Dropped);
    }

    private Finding? FindingOf(Suspicion of, MeshObservation seen) => of.Kind switch
    {
        SuspicionKind.Guessing when Guessed(of) is var text => Found("guessing", of, text, new SuggestText(text)),
        SuspicionKind.SharedKey when ApiKeyFile.IsName(of.Subject) => Found($"key-{Slug(of.Subject)}", of, FormattableString.Invariant($"The key {Quote.Of(of.Subject)} came from {of.Events} addresses, where {of.Expected} are usual: it may have been copied."),
            new RevokeApiKey(of.Subject, FormattableString.Invariant($"It came from {of.Events} addresses, where {of.Expected} are usual."))),
        SuspicionKind.RefusedKey when ApiKeyFile.IsName(of.Subject) => Found($"key-{Slug(of.Subject)}", of, FormattableString.Invariant($"Of the requests with the key {Quote.Of(of.Subject)} {of.Events} were refused, where {of.Expected:0} would be much."),
            new RevokeApiKey(of.Subject, FormattableString.Invariant($"{of.Events} of its requests were refused, where {of.Expected:0} would be much."))),
        SuspicionKind.LateExpert when NoiseTest.Candidates(seen).FirstOrDefault(e => e.Value == of.Subject) is { Value.Length: > 0 } expert =>
            Found($"late-{Slug(expert.Value)}", of, FormattableString.Invariant($"Tokens were drawn without {of.Events} answers of the expert {expert}; as late as the others it would be {of.Expected:0}."),
                new QuarantineExpert(expert, FormattableString.Invariant($"{of.Events} of its answers came too late; as late as the others it would be {of.Expected:0}."))) with { Promise = LateNow(of, seen) },
        _ => null,
    };

    /// <summary>The router slows who guesses; only people can shut an address out, or give its owner the right key.</summary>
    private static string Guessed(Suspicion of) => FormattableString.Invariant(
        $"Wrong keys from the address {Quote.Of(of.Subject)}: {of.Events} in five minutes, where {of.Expected} are usual. The router lets no address try more than a few a minute. Shut the address out in front of the router, or give its owner a key that opens.");

    private Finding Found(string id, Suspicion of, string text, Operation operation) => new(id, Kind, text, operation, null, 1 - of.Chance, -Math.Log(Math.Max(of.Chance, 1e-300)));

    private static async Task<IEnumerable<Finding>> NoisyAsync(MeshObservation seen, ISandbox sandbox, CancellationToken cancellationToken)
    {
        var experts = NoiseTest.Candidates(seen).ToArray();
        var texts = HeldOutTexts.Of(TextPart.Analysis).Take(NoiseTexts).ToArray();
        var tests = await Lanes.EachAsync([.. experts.Select(e => e.Value)], seen, expert => NoiseTest.OfAsync(sandbox, expert, texts, cancellationToken));
        var passes = Holm.Passes([.. tests.Select(t => t.Chance)], Suspicions.Level);
        return experts.Select((expert, i) => (expert, test: tests[i])).Where((_, i) => passes[i]).Select(f =>
        {
            var why = FormattableString.Invariant($"It is {f.test.Mean:f2} nats a token worse than uniform noise on {f.test.Samples} texts ({f.test.Low:f2} to {f.test.High:f2}, 95 %).");
            return new Finding($"noise-{Slug(f.expert.Value)}", TaskKind.SecurityLogAnalysis, $"The expert {f.expert}: {why}", new QuarantineExpert(f.expert, why), null, 1 - f.test.Chance, f.test.Mean);
        });
    }

    /// <summary>Answers that come too late with the expert and without it.</summary>
    private static async Task<Estimate> WithoutAsync(ExpertId expert, IReadOnlyList<string> prompts, MeshObservation seen, ISandbox sandbox, CancellationToken cancellationToken)
    {
        var others = NoiseTest.Candidates(seen).Where(e => e != expert).Select(e => e.Value).ToArray();
        var samples = await SpeedTrial.RunAsync(sandbox, prompts, [null, JsonSerializer.SerializeToElement(new Dictionary<string, string[]> { ["experts"] = others })], cancellationToken);
        return samples[0].DroppedGain(samples[1]).Estimate("dropped_share", "share of the answers", samples[0].Dropped, samples[1].Dropped);
    }

    private static Estimate LateNow(Suspicion of, MeshObservation seen)
    {
        var asked = (double)Math.Max(1, seen.Router.Experts.Sum(e => e.Asked));
        var (now, with) = (seen.Router.Experts.Sum(e => e.Dropped) / asked, (seen.Router.Experts.Sum(e => e.Dropped) - of.Events) / asked);
        return new("dropped_share", "share of the answers", now, with, now - with, now - with, now - with, 1);
    }

    /// <summary>Requests a minute of the key that asks most and is not itself suspected.</summary>
    private static double Busiest(MeshObservation seen)
    {
        var suspected = Suspicions.Of(seen).Select(s => s.Subject).ToHashSet();
        return seen.Router.Keys.Where(k => !suspected.Contains(k.Key)).Select(k => k.Requests / Math.Max(1, (seen.Router.To - seen.Router.From).TotalMinutes)).DefaultIfEmpty().Max();
    }

    /// <summary>What governance would refuse, or people were told already, is not worth anybody's time.</summary>
    private static bool IsPossible(Operation operation, MeshObservation seen)
    {
        if (operation is SuggestText(var text))
            return !seen.Proposals.Any(p => p.Operation is SuggestText(var told) && (told == text || (p.Status == "open" && SourceOf(told) == SourceOf(text))));
        try
        {
            return Change.Of(operation, seen.Configuration).IsDeployed;
        }
        catch (ActRefusedException)
        {
            return false;
        }
    }

    /// <summary>The text up to the numbers, which differ from run to run.</summary>
    private static string SourceOf(string text) => text[..(text.IndexOf("\": ", StringComparison.Ordinal) + 1)];

    private static string Slug(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '-'));
}
