using System.Numerics.Tensors;
using System.Security.Cryptography;
using System.Text.Json;
using Mesh.Ensemble.Experts;
using Router.Api.Errors;
using Router.Api.Generation;
using Router.Api.Governance.Routing;
using Router.Api.Json;
using Router.Api.OpenApi;
using Router.Api.Text;

namespace Router.Api.Embeddings;

/// <summary>
/// <c>POST /v1/rerank</c>, as Jina, Cohere and vLLM have it: documents by the cosine of their vectors with the query's. The score is <c>(1 + cosine) / 2</c>, 0 to 1.
/// </summary>
internal static class RerankEndpoint
{
    private const int MaxDocuments = 255;

    public static void MapRerank(this IEndpointRouteBuilder app)
    {
        app.MapPost("/v1/rerank", RankAsync).Describe<RerankRequest, RerankResponse>("Mesh", "Documents by their nearness to a query, best first.");
        app.MapPost("/rerank", RankAsync).ExcludeFromDescription();
    }

    private static async Task RankAsync(HttpContext context, SettingsReader reader, TokenizerSource tokenizers, MeshSessions sessions, IEmbedder embedder, GenerationQueue queue, AnswerBuffers buffers)
    {
        string model;
        ExpertPeer expert;
        string[] documents;
        int[][] texts;
        int most;
        bool repeat;
        using (var document = await RequestBody.ReadAsync(context.Request, context.RequestAborted))
        {
            var body = new JsonFields(document.RootElement);
            model = body.RequiredText("model", 256);
            expert = EmbeddingExpert.Choose(reader.Resolve(model), sessions);
            var query = body.RequiredText("query");
            documents = [.. (body.Array("documents", MaxDocuments, minimum: 1) ?? throw ApiErrors.Missing("documents")).EnumerateArray().Select(Read)];
            most = (int)(body.Integer("top_n", 1, int.MaxValue) ?? documents.Length);
            repeat = body.Flag("return_documents", otherwise: true);
            var tokenizer = tokenizers.Current;
            texts = [.. documents.Prepend(query).Select(text => tokenizer.Encode(text, addSpecial: true))];
        }
        EmbeddingExpert.Check(expert, texts[..1], "query");
        EmbeddingExpert.Check(expert, texts[1..], "documents");

        IReadOnlyList<float[]> vectors;
        using var turn = await queue.EnterAsync(1, context.RequestAborted);
        using (var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, turn.Halted))
            vectors = await embedder.EmbedAsync(expert, texts, stop.Token);
        turn.Leave();   // a slow reader holds no place, and is halted all the same
        var ranked = Enumerable.Range(0, documents.Length).Select(i => (Index: i, Score: Score(vectors[0], vectors[i + 1])))
            .OrderByDescending(r => r.Score).ThenBy(r => r.Index).Take(most);
        await buffers.SendWholeAsync(context, json => Write(json, model, ranked, repeat ? documents : null, texts.Sum(t => t.Length)), turn.Halted);
    }

    private static string Read(JsonElement document, int index) => document.ValueKind == JsonValueKind.Object
        ? JsonFields.Of(document, $"documents[{index}]").RequiredText("text")
        : JsonFields.TextOf(document, $"documents[{index}]");

    private static float Score(float[] query, float[] document) => Math.Clamp((1 + TensorPrimitives.CosineSimilarity<float>(query, document)) / 2, 0, 1);

    private static void Write(Utf8JsonWriter json, string model, IEnumerable<(int Index, float Score)> ranked, string[]? documents, int tokens)
    {
        json.WriteStartObject();
        json.WriteString(Names.Id, "rerank-" + RandomNumberGenerator.GetHexString(24, lowercase: true));
        json.WriteString(Names.Model, model);
        json.WriteStartObject(Names.Usage);
        json.WriteNumber(Names.TotalTokens, tokens);
        json.WriteEndObject();
        json.WriteStartArray("results"u8);
        foreach (var (index, score) in ranked)
        {
            json.WriteStartObject();
            json.WriteNumber(Names.Index, index);
            json.WriteNumber("relevance_score"u8, score);
            if (documents is not null)
            {
                json.WriteStartObject("document"u8);
                json.WriteString(Names.Text, documents[index]);
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
