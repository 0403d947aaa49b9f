using Mesh.Ensemble;
using Mesh.Ensemble.Experts;
using Mesh.Governance.Http;
using Mesh.Governance.Http.Hosting;
using Mesh.Governance.Phases;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Router.Api.Experts;
using Router.Api.Generation;
using Router.Api.Governance.Canary;
using Router.Api.Governance.Routing;
using Router.Api.Hosting;
using Router.Api.OpenApi;

namespace Router.Api.MeshApi;

/// <summary><c>GET /mesh/status</c>.</summary>
internal static class StatusEndpoints
{
    public static void MapStatus(this IEndpointRouteBuilder app) =>
        app.MapGet("/mesh/status", Get).Describe<MeshStatus>("Mesh", "What the mesh is made of and how busy it is.");

    private static JsonHttpResult<MeshStatus> Get(
        IExpertDirectory experts, IExpertPool pool, GenerationQueue queue, IOptions<RouterOptions> limits, RoutingSource routing, CanaryMeter meter, IMeshNode node, IOptions<GovernanceOptions> governance, RouterClock clock) =>
        TypedResults.Json(
            new MeshStatus(
                pool.Peers.Length > 0 ? "ready" : "waiting", pool.Peers.Length, experts.List().Count, queue.Running, queue.Waiting,
                limits.Value.MaxConcurrent, limits.Value.MaxQueued, clock.UptimeSeconds, experts.TokenizerFingerprint, View(routing.Current.Control.Options, routing.Current.Control.Gate is not null),
                View(governance.Value.Enabled || node.IsGoverned, node, routing, meter, pool)),
            MeshJson.Default.MeshStatus);

    private static GovernanceView View(bool isEnabled, IMeshNode node, RoutingSource routing, CanaryMeter meter, IExpertPool pool)
    {
        var current = routing.Current;
        var phase = PhaseTable.Of(current.Control.Phase, current.Thresholds, pool.Peers.Count(p => current.Control.Experts.Admits(p.Id)));
        return new(
            isEnabled, node.Configuration?.Mesh, current.Version, routing.Fault, node.Lease.ToString().ToLowerInvariant(), node.IsHalted, HaltView.Of(node),
            new(phase.Configured, phase.Effective, phase.IsDegraded, phase.Present, phase.Needed),
            current.Canary is { } canary ? new(canary.Proposal, canary.Share, current.Candidate is not null, meter.Read()) : null);
    }

    private static EnsembleView View(EnsembleOptions options, bool isTrained) => new(
        options.K, options.OverSelection, (options.Gate == GateKind.Learned && !isTrained ? GateKind.Evidence : options.Gate).ToString().ToLowerInvariant(), options.Mix.ToString().ToLowerInvariant(), options.Speculation,
        options.EvidenceDecay, options.EvidenceWeight, options.DeadlineFactor, options.MinimumDeadline.TotalMilliseconds, options.NegligibleWeight, options.Hysteresis, options.RefreshInterval,
        options.Fatigue, options.Exploration);
}
