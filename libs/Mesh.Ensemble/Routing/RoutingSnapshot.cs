using Mesh.Ensemble.Gating;

namespace Mesh.Ensemble.Routing;

/// <summary>Says what a session is answered with, now. What it says may change while the session runs.</summary>
public interface IRoutingSource
{
    /// <summary>The same object as long as nothing has changed. Looked at whenever a round begins, so it must cost next to nothing.</summary>
    RoutingSnapshot Current { get; }
}

/// <summary>What a session is answered with, as one value that does not change: settings, trained gate, and the experts that may take part.</summary>
public record RoutingSnapshot : IRoutingSource
{
    /// <exception cref="ArgumentException">The options are out of range; the message lists every fault.</exception>
    public RoutingSnapshot(EnsembleOptions options, GateModel? gateModel = null) => (Options, GateModel) = (options, gateModel);

    public EnsembleOptions Options
    {
        get;
        init => field = value.Faults() is { Count: > 0 } faults ? throw new ArgumentException(string.Join(" ", faults), nameof(Options)) : value;
    }

    /// <summary>The trained gate of <see cref="GateKind.Learned"/>.</summary>
    public GateModel? GateModel { get; init; }

    /// <summary>What is believed of the experts beside the token loop's own priors.</summary>
    public IGatePrior? Prior { get; init; }

    public ExpertFilter Experts { get; init; } = ExpertFilter.All;

    RoutingSnapshot IRoutingSource.Current => this;

    /// <summary>Whether both are asked of the same gate.</summary>
    internal bool HasGateOf(RoutingSnapshot other) =>
        (Options.Gate, Options.EvidenceDecay, Options.EvidenceWeight) == (other.Options.Gate, other.Options.EvidenceDecay, other.Options.EvidenceWeight)
        && ReferenceEquals(GateModel, other.GateModel) && ReferenceEquals(Prior, other.Prior);
}
