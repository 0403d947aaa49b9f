using Mesh.Contracts.Experts;
using Mesh.Ensemble;
using Mesh.Ensemble.Gating;
using Mesh.Ensemble.Routing;
using Mesh.Governance.Configurations;
using Mesh.Governance.Http;
using Mesh.Governance.Phases;
using Mesh.Governance.Tiers;
using Microsoft.Extensions.Options;
using Router.Api.Generation;
using Router.Api.Governance.Canary;

namespace Router.Api.Governance.Routing;

/// <summary>
/// What this router answers with: its own settings, and over them the newest configuration that can be used. One that is out of range is refused as a whole; a
/// gate file that is not here yet leaves the old one in place, and a candidate is not tried before all it needs is here.
/// </summary>
internal sealed partial class RoutingSource : IAppliedVersion
{
    private readonly EnsembleOptions _own;
    private readonly GateSource _gates;
    private readonly CanaryMeter _meter;
    private readonly ILogger<RoutingSource> _log;
    private MeshRouting _current;
    private long _applied;

    public RoutingSource(IOptions<EnsembleOptions> own, GateSource gates, CanaryMeter meter, ILogger<RoutingSource> log)
    {
        (_own, _gates, _meter, _log) = (own.Value, gates, meter, log);
        _current = Ungoverned;
    }

    public MeshRouting Current => Volatile.Read(ref _current);

    /// <summary>Why the newest configuration, or its candidate, is not in use; null when it is.</summary>
    public string? Fault { get; private set; }

    public long Applied => Volatile.Read(ref _applied);

    private MeshRouting Ungoverned => new(0, new(_own, _gates.Model, ExpertFilter.All, null, []), null, null, new TierPolicy().PhaseThresholds);

    /// <summary>Takes over a configuration, or goes back to the router's own settings.</summary>
    /// <param name="gateOf">The gate file of that hash, where it is here.</param>
    public void Apply(MeshConfiguration? configuration, Func<string, GateModel?> gateOf)
    {
        var fault = (string?)null;
        var next = configuration is null ? Ungoverned : Read(configuration, gateOf, out fault);
        if (fault is not null && fault != Fault)
            LogRefused(configuration!.Version, fault);
        Fault = fault;
        _meter.Follow(next.Candidate is null ? null : next.Canary!.Proposal);
        Volatile.Write(ref _current, next);
        if (fault is null && new[] { configuration?.Routing.Gate, configuration?.Canary?.Routing.Gate }.OfType<string>().All(gate => gateOf(gate) is not null))
            Volatile.Write(ref _applied, next.Version);
    }

    private MeshRouting Read(MeshConfiguration configuration, Func<string, GateModel?> gateOf, out string? fault)
    {
        var (routing, canary) = (configuration.Routing, configuration.Canary);
        var options = GovernedOptions.Over(_own, routing.Ensemble, out var faults);
        fault = Describe(faults.Concat(PhaseFaults(routing)));
        if (fault is not null)
            return Current;
        // Nobody of the control meets an expert that is only tried.
        var tried = canary?.Routing.Experts.Admitted.Select(s => s.Id).Except(routing.Experts.Admitted.Select(s => s.Id)) ?? [];
        var control = new ArmRouting(options, GateOf(routing.Gate, gateOf, otherwise: Current.Control.Gate), FilterOf(routing.Experts, tried), routing.Phase, []);
        return new(configuration.Version, control, canary is null ? null : Candidate(canary, routing, gateOf, ref fault), canary, configuration.Policy.PhaseThresholds);
    }

    private ArmRouting? Candidate(CanarySettings canary, RoutingSettings control, Func<string, GateModel?> gateOf, ref string? fault)
    {
        var options = GovernedOptions.Over(_own, canary.Routing.Ensemble, out var faults);
        fault = Describe(faults.Concat(PhaseFaults(canary.Routing)));
        var gate = GateOf(canary.Routing.Gate, gateOf, otherwise: null);
        if (fault is not null || (gate is null && canary.Routing.Gate is not null))
            return null;
        var brings = canary.Routing.Experts.Admitted.Select(s => s.Id).Except(control.Experts.Admitted.Select(s => s.Id));
        return new(options, gate, FilterOf(canary.Routing.Experts, []), canary.Routing.Phase, [.. brings]);
    }

    /// <param name="otherwise">While it is not here.</param>
    private GateModel? GateOf(string? hash, Func<string, GateModel?> gateOf, GateModel? otherwise) => hash is null ? _gates.Model : gateOf(hash) ?? otherwise;

    private static ExpertFilter FilterOf(ExpertSettings experts, IEnumerable<ExpertId> tried) => new(null, [.. experts.Quarantined, .. experts.Removed, .. tried]);

    private static IEnumerable<string> PhaseFaults(RoutingSettings routing) => routing.Phase is null or (>= 0 and <= PhaseTable.Last) ? [] : [$"The phase is {routing.Phase}; it must be 0 to {PhaseTable.Last}."];

    private static string? Describe(IEnumerable<string> faults) => string.Join(" ", faults) is { Length: > 0 } text ? text : null;

    [LoggerMessage(LogLevel.Error, "Version {Version} of the configuration is not used, what ran before goes on: {Fault}")]
    private partial void LogRefused(long version, string fault);
}
