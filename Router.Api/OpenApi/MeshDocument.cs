using System.Text.Json;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Router.Api.MeshApi;

namespace Router.Api.OpenApi;

/// <summary>The OpenAPI document at <c>/openapi/v1.json</c>. Requests are read by hand for OpenAI's error messages; the records in this folder describe them.</summary>
internal static class MeshDocument
{
    private static readonly int[] CommonErrors = [400, 401, 429, 503];

    public static void AddMeshDocument(this IServiceCollection services) => services
        .ConfigureHttpJsonOptions(json => json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower)   // as the answers are written
        .AddOpenApi("v1", options => options.AddDocumentTransformer((document, _, _) =>
    {
        document.Info = new()
        {
            Title = "Mesh router",
            Version = "v1",
            Description = "Many small language models answer as one: OpenAI's API and Anthropic's messages under /v1, the mesh's own under /mesh. Errors are OpenAI's error objects, Anthropic's under /v1/messages.",
        };
        document.Servers?.Clear();
        document.Components ??= new();
        document.AddComponent("key", new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "An API key, where the router asks for keys." });
        document.AddComponent("header", new OpenApiSecurityScheme { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = "x-api-key", Description = "The same in a header of its own." });
        document.Security = [new(), new() { [new("key", document)] = [] }, new() { [new("header", document)] = [] }];
        return Task.CompletedTask;
    }));

    public static void MapMeshDocument(this IEndpointRouteBuilder app) => app.MapOpenApi("/openapi/{documentName}.json");

    public static void Describe<TRequest, TResponse>(this RouteHandlerBuilder endpoint, string tag, string summary) where TRequest : notnull =>
        endpoint.Describe<TRequest, TResponse, ErrorResponse>(tag, summary);

    public static void Describe<TRequest, TResponse, TError>(this RouteHandlerBuilder endpoint, string tag, string summary) where TRequest : notnull =>
        endpoint.Accepts<TRequest>("application/json").Produces<TResponse>().Describe<TError>(tag, summary, []);

    public static void Describe<TResponse>(this RouteHandlerBuilder endpoint, string tag, string summary) => endpoint
        .Produces<TResponse>().Describe(tag, summary);

    /// <summary>What every operation has: a tag, a summary, and the errors of all besides its <paramref name="errors"/>.</summary>
    public static RouteHandlerBuilder Describe(this RouteHandlerBuilder endpoint, string tag, string summary, params IEnumerable<int> errors) =>
        endpoint.Describe<ErrorResponse>(tag, summary, errors);

    private static RouteHandlerBuilder Describe<TError>(this RouteHandlerBuilder endpoint, string tag, string summary, IEnumerable<int> errors)
    {
        foreach (var status in errors.Concat(CommonErrors))
            endpoint.Produces<TError>(status);
        return endpoint.WithTags(tag).WithSummary(summary);
    }
}
