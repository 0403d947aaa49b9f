using Mesh.Governance.Configurations;
using SelfPrompt.Agent.Observing;
using SelfPrompt.Agent.Statistics;

namespace SelfPrompt.Agent.Tasks.SchedulerOptimization;

/// <summary>One setting changed at a time: a gain has one cause.</summary>
internal static class SchedulerCandidates
{
    private static readonly int[] Counts = [1, 2, 3, 4, 6];
    private static readonly int[] Spares = [0, 1, 2];
    private static readonly double[] Factors = [1.5, 2, 4];
    private static readonly double[] Deadlines = [25, 50, 100];

    /// <summary>Least answers before a share of dropped ones says something, and the share that is worth a look.</summary>
    private const long LeastAsked = 200;
    private const double MostDropped = 0.05;
    private const double Level = 0.001;

    public static IReadOnlyList<EnsembleSettings> ForSpeed(MeshObservation seen)
    {
        var (now, ready) = (seen.Settings, seen.Experts.Count(e => e.State == "ready"));
        return
        [
            .. Counts.Where(k => k < now.K && k <= ready).Select(k => new EnsembleSettings { K = k }),
            .. Spares.Where(s => s != now.OverSelection && now.K + s <= ready).Select(s => new EnsembleSettings { OverSelection = s }),
            .. Factors.Where(f => f < now.DeadlineFactor).Select(f => new EnsembleSettings { DeadlineFactor = f }),
            .. Deadlines.Where(d => d < now.MinimumDeadlineMs).Select(d => new EnsembleSettings { MinimumDeadlineMs = d }),
        ];
    }

    /// <summary>Longer deadlines, shortest first; none unless users' tokens were drawn without more answers than chance explains.</summary>
    public static IReadOnlyList<EnsembleSettings> ForDeadline(MeshObservation seen)
    {
        var (asked, dropped) = (seen.Router.Experts.Sum(e => e.Asked), seen.Router.Experts.Sum(e => e.Dropped));
        return asked < LeastAsked || Tails.Binomial(MostDropped, asked, dropped) > Level
            ? []
            : [.. Deadlines.Concat([250, 1000]).Where(d => d > seen.Settings.MinimumDeadlineMs).Select(d => new EnsembleSettings { MinimumDeadlineMs = d })];
    }
}
