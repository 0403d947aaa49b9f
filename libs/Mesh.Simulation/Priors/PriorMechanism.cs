using Mesh.Ensemble.Gating;
using Mesh.Ensemble.Gating.Priors;

namespace Mesh.Simulation.Priors;

/// <summary>One way to move sessions from expert to expert beside the gate, all of them within the same bound.</summary>
/// <param name="Refresh">The token loop's own: tokens after which an expert that was not chosen is asked all the same; 0 never.</param>
/// <param name="AtStart">Counted once, when an expert joins a session, in its weight too; else for every round's choice of experts.</param>
public sealed record PriorMechanism(string Name, Func<TimeProvider, int, IGatePrior>? Create, int Refresh = PriorMechanism.DefaultRefresh, bool AtStart = false)
{
    /// <summary>Nats.</summary>
    public const double Bound = 1;

    private const int DefaultRefresh = 16;
    private const double Epsilon = 1.0 / DefaultRefresh;

    public static IReadOnlyList<PriorMechanism> ForLoad { get; } =
    [
        new("none", null),
        new("least outstanding", (_, _) => new LeastOutstanding(Bound)),
        new("outstanding, on fatigue's scale", (_, _) => new OutstandingShare(Bound)),
        new("power of two choices", (_, seed) => new PowerOfTwoChoices(Bound, new(seed))),
        new("least outstanding, at the start", (_, _) => new LeastOutstanding(Bound), AtStart: true),
        new("fatigue", (time, _) => new FatiguePrior(time, Bound)),
        new("fatigue, at the start", (time, _) => new FatiguePrior(time, Bound), AtStart: true),
    ];

    public static IReadOnlyList<PriorMechanism> ForChanges { get; } =
    [
        new("none", null, Refresh: 0),
        new("refresh", null),
        new("epsilon-greedy", (_, seed) => new EpsilonGreedy(Bound, Epsilon, new(seed)), Refresh: 0),
        new("noise", (time, seed) => new ExplorationPrior(time, Bound, seed), Refresh: 0),
        new("noise, at the start", (time, seed) => new ExplorationPrior(time, Bound, seed), Refresh: 0, AtStart: true),
        new("noise and refresh", (time, seed) => new ExplorationPrior(time, Bound, seed)),
    ];
}
