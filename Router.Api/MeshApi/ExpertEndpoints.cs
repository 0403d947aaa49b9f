using Mesh.Contracts.Experts;
using Microsoft.AspNetCore.Http.HttpResults;
using Mesh.Governance.Http;
using Router.Api.Errors;
using Router.Api.Experts;
using Router.Api.Governance;
using Router.Api.Governance.Routing;
using Router.Api.Json;
using Router.Api.OpenApi;

namespace Router.Api.MeshApi;

/// <summary><c>/mesh/experts</c>: list, register, remove, take offline and back.</summary>
internal static class ExpertEndpoints
{
    private const int MaxAdapters = 16;
    private const int MaxPath = 4096;

    public static void MapExperts(this IEndpointRouteBuilder app)
    {
        const string tag = "Experts";
        var group = app.MapGroup("/mesh/experts");
        group.MapGet("", List).Describe<ExpertList>(tag, "Every known expert, with its state and the reason for it.");
        group.MapPost("", RegisterAsync).Accepts<RegisterExpertRequest>("application/json").Produces<ExpertView>(StatusCodes.Status202Accepted)
            .Describe(tag, "Makes an expert known and starts loading it.", StatusCodes.Status403Forbidden, StatusCodes.Status422UnprocessableEntity)
            .RegistersExperts(_ => "mesh propose admit-expert <name> --model <path>");
        group.MapDelete("{id}", RemoveAsync).Describe(tag, "Unloads and forgets an expert.", StatusCodes.Status403Forbidden, StatusCodes.Status404NotFound)
            .RegistersExperts(context => $"mesh propose remove-expert {(ExpertId.TryParse(context.Request.RouteValues["id"] as string ?? "", out var id) ? id.Value : "<name>")}");
        group.MapPost("{id}/offline", (string id, IExpertDirectory experts, RoutingSource routing, IMeshNode node, CancellationToken ct) => SetOfflineAsync(id, true, experts, routing, node, ct))
            .Produces<ExpertView>().Describe(tag, "Takes an expert out of the mixture; it stays loaded.", StatusCodes.Status404NotFound).ChangesTheMesh();
        group.MapPost("{id}/online", (string id, IExpertDirectory experts, RoutingSource routing, IMeshNode node, CancellationToken ct) => SetOfflineAsync(id, false, experts, routing, node, ct))
            .Produces<ExpertView>().Describe(tag, "Puts an expert back into the mixture.", StatusCodes.Status404NotFound).ChangesTheMesh();
    }

    private static JsonHttpResult<ExpertList> List(IExpertDirectory experts, RoutingSource routing, IMeshNode node) =>
        TypedResults.Json(new ExpertList([.. experts.List().Select(e => ExpertView.Of(e, experts, routing, node))]), MeshJson.Default.ExpertList);

    private static async Task<JsonHttpResult<ExpertView>> RegisterAsync(HttpRequest request, IExpertDirectory experts, RoutingSource routing, IMeshNode node, CancellationToken cancellationToken)
    {
        ExpertSpec spec;
        using (var document = await RequestBody.ReadAsync(request, cancellationToken))
            spec = ReadSpec(new(document.RootElement));
        var status = await ReachAsync(() => experts.RegisterAsync(spec, cancellationToken));
        return status.State != ExpertState.Refused
            ? TypedResults.Json(ExpertView.Of(status, experts, routing, node), MeshJson.Default.ExpertView, statusCode: StatusCodes.Status202Accepted)
            : throw new ApiException(StatusCodes.Status422UnprocessableEntity, $"The expert '{spec.Id}' was refused: {status.Reason}", ApiErrors.InvalidRequest, code: "expert_refused");
    }

    private static async Task<NoContent> RemoveAsync(string id, IExpertDirectory experts, CancellationToken cancellationToken) =>
        ExpertId.TryParse(id, out var expert) && await ReachAsync(() => experts.RemoveAsync(expert, cancellationToken)) ? TypedResults.NoContent() : throw Unknown(id);

    private static async Task<JsonHttpResult<ExpertView>> SetOfflineAsync(string id, bool offline, IExpertDirectory experts, RoutingSource routing, IMeshNode node, CancellationToken cancellationToken)
    {
        if (!ExpertId.TryParse(id, out var expert) || !await ReachAsync(() => experts.SetOfflineAsync(expert, offline, cancellationToken)))
            throw Unknown(id);
        var status = experts.List().FirstOrDefault(e => e.Id == expert) ?? throw Unknown(id);
        return TypedResults.Json(ExpertView.Of(status, experts, routing, node), MeshJson.Default.ExpertView);
    }

    private static ExpertSpec ReadSpec(in JsonFields body)
    {
        var id = body.RequiredText("id", 64);
        return new()
        {
            Id = ExpertId.TryParse(id, out var expert) ? expert : throw ApiErrors.Invalid("id",
                "Invalid 'id': use 1 to 64 of a-z, 0-9, '.', '_', '-', with a letter or digit at both ends."),
            ModelPath = body.RequiredText("model_path", MaxPath),
            Adapters = [.. (body.Array("adapters", MaxAdapters)?.EnumerateArray() ?? default).Select((element, i) =>
            {
                var adapter = JsonFields.Of(element, $"adapters[{i}]");
                return new AdapterSpec(adapter.RequiredText("path", MaxPath), (float)(adapter.Number("scale", -16, 16) ?? 1));
            })],
            Threads = (int?)body.Integer("threads", 1, 1024),
            GpuLayers = (int)(body.Integer("gpu_layers", -1, 1024) ?? 0),
            ContextLength = (int?)body.Integer("context_length", 16, 1 << 20),
            Description = body.Text("description", 400),
        };
    }

    private static async Task<T> ReachAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (ExpertUnreachableException e)
        {
            throw ApiErrors.NoExperts(e.Message);
        }
        catch (SpecStoreException e)
        {
            throw ApiErrors.NoStore(e.Message);
        }
    }

    private static ApiException Unknown(string id) =>
        ApiErrors.NotFound($"There is no expert '{(id.Length <= 64 ? id : id[..64])}'. GET /mesh/experts lists them.", "id", "expert_not_found");
}
