using Mesh.Ensemble;
using Mesh.Ensemble.Experts;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Router.Api.Experts;
using Router.Api.Generation;
using Router.Api.Hosting;
using Router.Api.OpenApi;

namespace Router.Api.MeshApi;

/// <summary><c>GET /mesh/status</c>.</summary>
internal static class StatusEndpoints
{
    public static void MapStatus(this IEndpointRouteBuilder app) =>
        app.MapGet("/mesh/status", Get).Describe<MeshStatus>("Mesh", "What the mesh is made of and how busy it is.");

    private static JsonHttpResult<MeshStatus> Get(
        IExpertDirectory experts, IExpertPool pool, GenerationQueue queue, IOptions<RouterOptions> limits, IOptions<EnsembleOptions> ensemble, GateSource gates, RouterClock clock) =>
        TypedResults.Json(
            new MeshStatus(
                pool.Peers.Length > 0 ? "ready" : "waiting", pool.Peers.Length, experts.List().Count, queue.Running, queue.Waiting,
                limits.Value.MaxConcurrent, limits.Value.MaxQueued, clock.UptimeSeconds, experts.TokenizerFingerprint, View(ensemble.Value, gates.Model is not null)),
            MeshJson.Default.MeshStatus);

    private static EnsembleView View(EnsembleOptions options, bool isTrained) => new(
        options.K, options.OverSelection, (options.Gate == GateKind.Learned && !isTrained ? GateKind.Evidence : options.Gate).ToString().ToLowerInvariant(), options.Mix.ToString().ToLowerInvariant(), options.Speculation);
}
