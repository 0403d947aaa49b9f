using System.IO.Pipelines;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text.Json;
using Mesh.Ensemble.Experts;
using Router.Api.Errors;
using Router.Api.Generation;
using Router.Api.Governance.Routing;
using Router.Api.Json;
using Router.Api.OpenApi;
using Router.Api.Text;

namespace Router.Api.Embeddings;

/// <summary><c>POST /v1/embeddings</c>: mean-pooled, normalised vectors of a named expert, or of the generalist for <c>mesh</c>.</summary>
internal static class EmbeddingEndpoint
{
    private const int MaxInputs = 2048;   // OpenAI's; clients send as many at once
    private static readonly JsonEncodedText Embedding = JsonEncodedText.Encode("embedding");

    public static void MapEmbeddings(this IEndpointRouteBuilder app) =>
        app.MapPost("/v1/embeddings", EmbedAsync).Describe<EmbeddingRequest, EmbeddingResponse>("OpenAI", "Vectors of texts, mean-pooled and normalised.");

    private static async Task EmbedAsync(HttpContext context, SettingsReader reader, TokenizerSource tokenizers, MeshSessions sessions, IEmbedder embedder, GenerationQueue queue, AnswerBuffers buffers)
    {
        string model;
        ExpertPeer expert;
        IReadOnlyList<int[]> inputs;
        bool base64;
        int? dimensions;
        using (var document = await RequestBody.ReadAsync(context.Request, context.RequestAborted))
        {
            var body = new JsonFields(document.RootElement);
            model = body.RequiredText("model", 256);
            base64 = body.OneOf("encoding_format", ("float", false), ("base64", true)) ?? false;
            dimensions = (int?)body.Integer("dimensions", 1, 1 << 16);
            expert = EmbeddingExpert.Choose(reader.Resolve(model), sessions);
            inputs = TextInputs.Read(body, "input", tokenizers.Current, MaxInputs, mayBeEmpty: false);
        }
        EmbeddingExpert.Check(expert, inputs, "input");
        float[][] vectors;
        using var turn = await queue.EnterAsync(1, context.RequestAborted);
        using (var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, turn.Halted))
            vectors = [.. (await embedder.EmbedAsync(expert, inputs, stop.Token)).Select(vector => Shorten(vector, dimensions))];
        turn.Leave();   // a slow reader holds no place, and is halted all the same
        using var answer = buffers.Bounded(context, JsonResponse.ContentType, turn.Halted);
        var sending = answer.SendAsync();
        try
        {
            await WriteAsync(answer, model, vectors, inputs.Sum(i => i.Length), base64);
        }
        catch (OperationCanceledException) when (answer.ReaderGone.IsCancellationRequested)
        {
            // Nobody is there to tell.
        }
        finally
        {
            await answer.Writer.CompleteAsync();
            await sending;
        }
        answer.EndDocument();
    }

    /// <summary>Fewer dimensions, normalised again.</summary>
    private static float[] Shorten(float[] vector, int? dimensions)
    {
        if (dimensions is null || dimensions == vector.Length)
            return vector;
        if (dimensions > vector.Length)
            throw ApiErrors.Invalid("dimensions", $"Invalid 'dimensions': this model has {vector.Length}.", "integer_above_max_value");
        var shorter = vector[..dimensions.Value];
        TensorPrimitives.Divide(shorter, Math.Max(TensorPrimitives.Norm<float>(shorter), float.Epsilon), shorter);
        return shorter;
    }

    /// <summary>Vector by vector, as fast as they are read: all of them as text would be much memory.</summary>
    private static async Task WriteAsync(AnswerBuffer answer, string model, IReadOnlyList<float[]> vectors, int tokens, bool base64)
    {
        using var json = Writers.Create(answer.Writer);
        json.WriteStartObject();
        json.WriteString(Names.Object, Names.List);
        json.WriteStartArray(Names.Data);
        for (var i = 0; i < vectors.Count; i++)
        {
            json.WriteStartObject();
            json.WriteString(Names.Object, Embedding);
            json.WriteNumber(Names.Index, i);
            if (base64)
                json.WriteBase64String(Embedding, MemoryMarshal.AsBytes(vectors[i].AsSpan()));   // little-endian floats, as this machine has them
            else
            {
                json.WriteStartArray(Embedding);
                foreach (var value in vectors[i])
                    json.WriteNumberValue(value);
                json.WriteEndArray();
            }
            json.WriteEndObject();
            await SendWrittenAsync();
        }
        json.WriteEndArray();
        json.WriteString(Names.Model, model);
        json.WriteStartObject(Names.Usage);
        json.WriteNumber(Names.PromptTokens, tokens);
        json.WriteNumber(Names.TotalTokens, tokens);
        json.WriteEndObject();
        json.WriteEndObject();
        await SendWrittenAsync();

        ValueTask<FlushResult> SendWrittenAsync()
        {
            json.Flush();
            return answer.Writer.FlushAsync(answer.ReaderGone);
        }
    }
}
