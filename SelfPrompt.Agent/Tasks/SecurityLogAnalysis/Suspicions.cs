using Mesh.Contracts.Observations;
using SelfPrompt.Agent.Client;
using SelfPrompt.Agent.Observing;
using SelfPrompt.Agent.Statistics;

namespace SelfPrompt.Agent.Tasks.SecurityLogAnalysis;

/// <summary>
/// What is usual is written down here, above what honest use makes: each test asks how likely the log would be at that rate. All of a run's tests together are held to
/// <see cref="Level"/> by Holm, so that a run over a clean log accuses anybody at most once in a thousand runs.
/// </summary>
internal static class Suspicions
{
    public const double Level = 0.001;

    /// <summary>Wrong keys of one address in a bucket of five minutes: somebody with an old key in a script that retries.</summary>
    public const double UsualWrong = 5;

    public const double UsualSources = 4;
    public const double UsualRefused = 0.2;
    public const double UsualLate = 0.05;

    private static readonly TimeSpan Bucket = TimeSpan.FromMinutes(5);
    private const double LeastRefused = 0.5, LeastLate = 0.3, MoreThanOthers = 5;

    public static IReadOnlyList<Suspicion> Of(MeshObservation seen)
    {
        Suspicion[] all = [.. Guessing(seen.Router), .. Keys(seen.Router), .. Experts(seen.Router)];
        var passes = Holm.Passes([.. all.Select(s => s.Chance)], Level);
        return [.. all.Where((s, i) => passes[i] && s.IsLarge).OrderBy(s => s.Chance)];
    }

    /// <summary>An address's fullest bucket; as many looks as buckets, which the chance is multiplied with.</summary>
    private static IEnumerable<Suspicion> Guessing(RouterObservations seen)
    {
        var buckets = Math.Max(1, Math.Ceiling((seen.To - seen.From) / Bucket));
        foreach (var source in seen.Security.Where(e => e.Kind == SecurityEventKind.WrongKey).GroupBy(e => e.Source, StringComparer.Ordinal))
        {
            var most = source.GroupBy(e => e.At.UtcTicks / Bucket.Ticks).Max(b => b.Count());
            yield return new(SuspicionKind.Guessing, source.Key, most, UsualWrong, Math.Min(1, Tails.Poisson(UsualWrong, most) * buckets), true);
        }
    }

    /// <summary>Of all keys but this agent's own, whose use its own trials make.</summary>
    private static IEnumerable<Suspicion> Keys(RouterObservations seen)
    {
        foreach (var key in seen.Keys.Where(k => k.Key != AgentKeys.ApiKeyName))
        {
            var (requests, refused) = (key.Requests, Math.Min(key.Requests, key.Errors + key.RateLimited));
            yield return new(SuspicionKind.SharedKey, key.Key, key.Sources, UsualSources, Tails.Poisson(UsualSources, key.Sources), true);
            yield return new(SuspicionKind.RefusedKey, key.Key, refused, UsualRefused * requests, Tails.Binomial(UsualRefused, requests, refused), refused >= LeastRefused * requests);
        }
    }

    /// <summary>Beside the others: a busy machine makes all of them late.</summary>
    private static IEnumerable<Suspicion> Experts(RouterObservations seen)
    {
        foreach (var expert in seen.Experts)
        {
            var others = seen.Experts.Where(e => e.Expert != expert.Expert).ToArray();
            var usual = Math.Clamp(others.Sum(e => e.Dropped) / (double)Math.Max(1, others.Sum(e => e.Asked)), UsualLate, 1);
            yield return new(SuspicionKind.LateExpert, expert.Expert, expert.Dropped, usual * expert.Asked, Tails.Binomial(usual, expert.Asked, expert.Dropped),
                others.Length > 0 && expert.Dropped >= LeastLate * expert.Asked && expert.Dropped >= MoreThanOthers * usual * expert.Asked);
        }
    }
}
