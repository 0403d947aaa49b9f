using System.Text.Json;
using Dapr.AspNetCore;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Conformance.Tests.Apps;

public sealed record Order(string Id, int Count);

/// <summary>The subscriptions of the test app; each writes <c>{topic} {body}</c> into the journal and answers as its name says.</summary>
internal static class Topics
{
    public const string PubSub = "pubsub";

    public static void Map(WebApplication app)
    {
        Take(app, "plain", "{}");
        Take(app, "empty", "");
        Take(app, "success", """{"status":"SUCCESS"}""");
        Take(app, "odd-status", """{"status":"whatever"}""");
        Take(app, "retry", """{"status":"RETRY"}""");
        Take(app, "drop", """{"status":"DROP"}""", deadLetter: "dead-drop");
        Take(app, "retry-dead", """{"status":"RETRY"}""", deadLetter: "dead-retry");
        Take(app, "broken", "no", status: 500);
        Take(app, "broken-dead", "no", deadLetter: "dead-broken", status: 500);
        Take(app, "unknown", "", deadLetter: "dead-unknown", status: 404);
        Take(app, "text-answer", "this is no JSON");
        Take(app, "dead-drop", "{}");
        Take(app, "dead-retry", "{}");
        Take(app, "dead-broken", "{}");
        Take(app, "dead-unknown", "{}");
        Take(app, "secret", "{}");
        app.MapPost("/raw", context => NoteAsync(context, "raw", "{}", 200)).WithTopic(PubSub, "raw", enableRawPayload: true);
        app.MapPost("/ruled-x", context => NoteAsync(context, "ruled-x", "{}", 200)).WithTopic(new TopicOptions { PubsubName = PubSub, Name = "ruled", Match = "event.type == \"x\"", Priority = 1 });
        app.MapPost("/ruled-big", context => NoteAsync(context, "ruled-big", "{}", 200)).WithTopic(new TopicOptions { PubsubName = PubSub, Name = "ruled", Match = "event.type == 'y' && event.data.kind == \"big\"", Priority = 2 });
        app.MapPost("/ruled", context => NoteAsync(context, "ruled", "{}", 200)).WithTopic(PubSub, "ruled");
        app.MapPost("/typed/order", (Order order, Journal journal) => journal.Add($"order {order.Id} {order.Count}")).WithTopic(PubSub, "order");
        TakeBulk(app, "bulk", most: 5);
        TakeBulk(app, "bulk-dead", deadLetter: "dead-bulk");
        TakeBulk(app, "bulk-broken", status: 500);
        TakeBulk(app, "bulk-unknown", status: 404);
        TakeBulk(app, "bulk-text", answer: "this is no JSON");
        TakeBulk(app, "bulk-raw", isRaw: true);
        Take(app, "dead-bulk", "{}");
        var flaky = 0;
        app.MapPost("/flaky", context => NoteAsync(context, "flaky", "{}", Interlocked.Increment(ref flaky) <= 2 ? 500 : 200)).WithTopic(PubSub, "flaky");
    }

    private static void Take(WebApplication app, string topic, string answer, string? deadLetter = null, int status = 200) =>
        app.MapPost($"/take/{topic}", context => NoteAsync(context, topic, answer, status)).WithTopic(new TopicOptions { PubsubName = PubSub, Name = topic, DeadLetterTopic = deadLetter });

    /// <summary>Notes each request, and answers to each entry what its event says in <c>say</c>; to those that say nothing, nothing.</summary>
    private static void TakeBulk(WebApplication app, string topic, int most = 100, string? deadLetter = null, int status = 200, string? answer = null, bool isRaw = false) =>
        app.MapPost($"/take/{topic}", async context =>
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body);
            context.RequestServices.GetRequiredService<Journal>().Add($"{topic} {body.RootElement.GetRawText()}");
            var said = body.RootElement.GetProperty("entries").EnumerateArray().Select(e => (Id: e.GetProperty("entryId").GetString(), Says: isRaw ? "SUCCESS" : Says(e)));
            context.Response.StatusCode = status;
            await context.Response.WriteAsync(answer ?? JsonSerializer.Serialize(new { statuses = said.Where(s => s.Says is not null).Select(s => new { entryId = s.Id, status = s.Says }) }));
        }).WithTopic(new TopicOptions { PubsubName = PubSub, Name = topic, DeadLetterTopic = deadLetter, EnableRawPayload = isRaw }).WithMetadata(new BulkSubscribeAttribute(topic, most, 500));

    private static string? Says(JsonElement entry) => entry.GetProperty("event").GetProperty("data").TryGetProperty("say", out var say) ? say.GetString() : null;

    private static async Task NoteAsync(HttpContext context, string topic, string answer, int status)
    {
        using var reader = new StreamReader(context.Request.Body);
        context.RequestServices.GetRequiredService<Journal>().Add($"{topic} {await reader.ReadToEndAsync()}");
        context.Response.StatusCode = status;
        await context.Response.WriteAsync(answer);
    }
}
