using System.Buffers;
using System.Text.Json;
using Router.Api.Errors;
using Router.Api.Governance.Canary;
using Router.Api.Json;
using Router.Api.OpenApi;
using Router.Api.Security;

namespace Router.Api.Feedback;

/// <summary><c>POST /mesh/feedback</c>: a thumb up or down for an answer, kept for training of the gate.</summary>
internal static class FeedbackEndpoints
{
    private const int MaxText = 64 << 10;
    private const int MaxComment = 4000;
    private const int MaxExperts = 64;

    public static void MapFeedback(this IEndpointRouteBuilder app) =>
        app.MapPost("/mesh/feedback", KeepAsync).Accepts<FeedbackRequest>("application/json").Produces(StatusCodes.Status204NoContent)
            .Describe("Mesh", "Keeps what a person thought of an answer.");

    private static async Task KeepAsync(HttpContext context, FeedbackStore store, CanaryMeter canary, TimeProvider time)
    {
        var line = new ArrayBufferWriter<byte>();
        string completion;
        bool up;
        using (var document = await RequestBody.ReadAsync(context.Request, context.RequestAborted))
        {
            var body = new JsonFields(document.RootElement);
            up = body.OneOf("vote", ("up", true), ("down", false)) ?? throw ApiErrors.Missing("vote");
            using var json = Writers.Create(line);
            json.WriteStartObject();
            json.WriteString("at", time.GetUtcNow());
            json.WriteString("vote", up ? "up" : "down");
            json.WriteString("completion_id", completion = body.RequiredText("completion_id", 64));
            json.WriteString("model", body.Text("model", 256));
            json.WriteString("prompt", body.Text("prompt", MaxText));
            json.WriteString("answer", body.Text("answer", MaxText));
            json.WriteString("comment", body.Text("comment", MaxComment));
            json.WriteString("key", Authentication.KeyName(context));
            WriteWeights(json, body);
            json.WriteEndObject();
        }
        await store.AppendAsync(line.WrittenMemory, context.RequestAborted);
        canary.OnFeedback(completion, up);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>Mean share of each expert in the answer, as the client saw it.</summary>
    private static void WriteWeights(Utf8JsonWriter json, in JsonFields body)
    {
        if (body.Object("weights") is not { } weights)
            return;
        json.WriteStartObject("weights");
        foreach (var name in weights.PropertyNames(MaxExperts))
            json.WriteNumber(name, weights.Number(name, 0, 1) ?? 0);
        json.WriteEndObject();
    }
}
