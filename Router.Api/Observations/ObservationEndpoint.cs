using Mesh.Contracts.Observations;
using Microsoft.AspNetCore.Http.HttpResults;
using Router.Api.Feedback;
using Router.Api.OpenApi;

namespace Router.Api.Observations;

/// <summary><c>GET /mesh/observations</c>.</summary>
internal static class ObservationEndpoint
{
    public static void MapObservations(this IEndpointRouteBuilder app) =>
        app.MapGet("/mesh/observations", ReadAsync).Describe<RouterObservations>("Mesh", "What this router saw lately: traffic, experts, answers it was unsure of, feedback, and what it refused.");

    private static async Task<JsonHttpResult<RouterObservations>> ReadAsync(ObservationWindow window, FeedbackStore feedback, CancellationToken cancellationToken) =>
        TypedResults.Json(window.Read(await FeedbackTail.ReadAsync(feedback.FilePath, window.KeepsTexts, cancellationToken)), ObservationJson.Default.RouterObservations);
}
