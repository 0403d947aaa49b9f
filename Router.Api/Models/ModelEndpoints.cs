using Mesh.Contracts.Experts;
using Mesh.Ensemble.Experts;
using Router.Api.Errors;
using Router.Api.Generation;
using Router.Api.Hosting;
using Router.Api.Json;

namespace Router.Api.Models;

/// <summary><c>GET /v1/models</c>: the mixture, and each expert that answers now.</summary>
internal static class ModelEndpoints
{
    public static void MapModels(this IEndpointRouteBuilder app)
    {
        app.MapGet("/v1/models", ListAsync);
        app.MapGet("/v1/models/{id}", GetAsync);
    }

    private static Task ListAsync(HttpContext context, IExpertPool pool, RouterClock clock) => SendAsync(context, json =>
    {
        json.WriteStartObject();
        json.WriteString(Names.Object, Names.List);
        json.WriteStartArray(Names.Data);
        WriteModel(json, SettingsReader.Mixture, clock);
        foreach (var peer in pool.Peers)
            WriteModel(json, peer.Id.Value, clock);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static Task GetAsync(HttpContext context, string id, IExpertPool pool, RouterClock clock)
    {
        if (id != SettingsReader.Mixture && !(ExpertId.TryParse(id, out var expert) && pool.Peers.Any(p => p.Id == expert)))
            throw ApiErrors.ModelNotFound(id.Length <= 64 ? id : id[..64]);
        return SendAsync(context, json => WriteModel(json, id, clock));
    }

    private static void WriteModel(System.Text.Json.Utf8JsonWriter json, string id, RouterClock clock)
    {
        json.WriteStartObject();
        json.WriteString(Names.Id, id);
        json.WriteString(Names.Object, Names.Model);
        json.WriteNumber(Names.Created, clock.StartedUnixSeconds);
        json.WriteString(Names.OwnedBy, Names.Mesh);
        json.WriteEndObject();
    }

    private static async Task SendAsync(HttpContext context, Action<System.Text.Json.Utf8JsonWriter> write)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        using var json = Writers.Create(context.Response.BodyWriter);
        write(json);
        json.Flush();
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }
}
