using System.Text.Json;
using Mesh.Contracts.Experts;
using Mesh.Ensemble.Experts;
using Router.Api.Errors;
using Router.Api.Generation;
using Router.Api.Hosting;
using Router.Api.Json;
using Router.Api.OpenApi;

namespace Router.Api.Models;

/// <summary><c>GET /v1/models</c>: the mixture, and each expert that answers now.</summary>
internal static class ModelEndpoints
{
    public static void MapModels(this IEndpointRouteBuilder app)
    {
        app.MapGet("/v1/models", ListAsync).Describe<ModelList>("OpenAI", "The mixture, and each expert that answers now.");
        app.MapGet("/v1/models/{id}", GetAsync).Describe<ModelInfo>("OpenAI", "One model.");
    }

    private static Task ListAsync(HttpContext context, IExpertPool pool, RouterClock clock) => context.SendJsonAsync(json =>
    {
        json.WriteStartObject();
        json.WriteString(Names.Object, Names.List);
        json.WriteStartArray(Names.Data);
        WriteModel(json, SettingsReader.MixtureName, clock);
        foreach (var peer in pool.Peers)
            WriteModel(json, peer.Id.Value, clock);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static Task GetAsync(HttpContext context, string id, IExpertPool pool, RouterClock clock)
    {
        if (id != SettingsReader.MixtureName && !(ExpertId.TryParse(id, out var expert) && pool.Peers.Any(p => p.Id == expert)))
            throw ApiErrors.ModelNotFound(id.Length <= 64 ? id : id[..64]);
        return context.SendJsonAsync(json => WriteModel(json, id, clock));
    }

    private static void WriteModel(Utf8JsonWriter json, string id, RouterClock clock)
    {
        json.WriteStartObject();
        json.WriteString(Names.Id, id);
        json.WriteString(Names.Object, Names.Model);
        json.WriteNumber(Names.Created, clock.StartedUnixSeconds);
        json.WriteString(Names.OwnedBy, Names.Mesh);
        json.WriteEndObject();
    }
}
