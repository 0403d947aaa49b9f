using Microsoft.AspNetCore.OpenApi;

namespace Router.Api.OpenApi;

/// <summary>The OpenAPI document at <c>/openapi/v1.json</c>. Requests are read by hand for OpenAI's error messages; the records in this folder describe them.</summary>
internal static class MeshDocument
{
    public static void AddMeshDocument(this IServiceCollection services) => services.AddOpenApi("v1", options => options.AddDocumentTransformer((document, _, _) =>
    {
        document.Info = new()
        {
            Title = "Mesh router",
            Version = "v1",
            Description = "Many small language models answer as one: OpenAI's API under /v1, the mesh's own under /mesh. Errors are OpenAI's error objects.",
        };
        document.Servers?.Clear();
        return Task.CompletedTask;
    }));

    public static void MapMeshDocument(this IEndpointRouteBuilder app) => app.MapOpenApi("/openapi/{documentName}.json");

    public static void Describe<TRequest, TResponse>(this RouteHandlerBuilder endpoint, string tag, string summary) where TRequest : notnull =>
        endpoint.Accepts<TRequest>("application/json").Describe<TResponse>(tag, summary);

    public static void Describe<TResponse>(this RouteHandlerBuilder endpoint, string tag, string summary) => endpoint
        .Produces<TResponse>().Produces<ErrorResponse>(StatusCodes.Status400BadRequest).Produces<ErrorResponse>(StatusCodes.Status503ServiceUnavailable)
        .WithTags(tag).WithSummary(summary);
}
