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
        WriteModel(json, null, pool, clock);
        foreach (var peer in pool.Peers)
            WriteModel(json, peer, pool, clock);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static Task GetAsync(HttpContext context, string id, IExpertPool pool, RouterClock clock)
    {
        var peer = ExpertId.TryParse(id, out var expert) ? pool.Peers.FirstOrDefault(p => p.Id == expert) : null;
        if (peer is null && id != SettingsReader.MixtureName)
            throw ApiErrors.ModelNotFound(id.Length <= 64 ? id : id[..64]);
        return context.SendJsonAsync(json => WriteModel(json, peer, pool, clock));
    }

    /// <param name="peer">Null for the mixture.</param>
    private static void WriteModel(Utf8JsonWriter json, ExpertPeer? peer, IExpertPool pool, RouterClock clock)
    {
        json.WriteStartObject();
        json.WriteString(Names.Id, peer?.Id.Value ?? SettingsReader.MixtureName);
        json.WriteString(Names.Object, Names.Model);
        json.WriteNumber(Names.Created, clock.StartedUnixSeconds);
        json.WriteString(Names.OwnedBy, Names.Mesh);
        // What other servers and their clients call it; a text that all experts can hold.
        if ((peer?.Card.ContextLength ?? pool.Peers.Select(p => (int?)p.Card.ContextLength).Min()) is { } length)
        {
            json.WriteNumber("context_length"u8, length);
            json.WriteNumber("max_model_len"u8, length);
        }
        if (peer?.Card.Description is { Length: > 0 } description)
            json.WriteString("description"u8, description);
        json.WriteEndObject();
    }
}
