using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Governance.Http.Chorus;
using Mesh.Governance.Http.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Mesh.Governance.Http.Topics;

/// <summary>The second way of a halt: the topic <c>mesh-halt</c> of the Dapr component <c>pubsub</c>. A message is no more trusted than a request: the note in it proves itself.</summary>
internal static partial class HaltTopic
{
    private const string Route = "/chorus/topics/mesh-halt", SubscribeRoute = "/dapr/subscribe";
    private const int MostBytes = 2 * Bodies.MostNoteBytes;

    public static void MapHaltTopic(this IEndpointRouteBuilder app)
    {
        app.MapPost(Route, TakeAsync).ExcludeFromDescription().AllowAnonymous();
        // Before the service's own answer, which it contains: a sidecar asks once, and each app has one answer.
        app.MapGet(SubscribeRoute, SubscribeAsync).ExcludeFromDescription().AllowAnonymous().Add(endpoint => ((RouteEndpointBuilder)endpoint).Order = -1);
    }

    /// <summary>A message that is no halt is dropped; one that could not be kept comes again.</summary>
    private static async Task<IResult> TakeAsync(HttpRequest request, GovernedNode node, TimeProvider clock, ILogger<GovernedNode> log)
    {
        try
        {
            await node.HaltAsync(NoteIn(await Bodies.ReadAsync(request, MostBytes, clock)), CancellationToken.None);
            return Answer("SUCCESS");
        }
        catch (NodeRefusedException refused)
        {
            LogRefused(log, refused.Code, refused.Message);
            return Answer(refused.Status >= StatusCodes.Status500InternalServerError ? "RETRY" : "DROP");
        }
    }

    /// <summary>In a cloud event as its data, or as it was published.</summary>
    private static string NoteIn(byte[] body)
    {
        try
        {
            var root = JsonNode.Parse(body) as JsonObject;
            var message = root?["data"] as JsonObject ?? root;
            return message?["note"]?.GetValue<string>() ?? throw Bodies.Invalid("The message has no note.");
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw Bodies.Invalid($"The message is no JSON with a note: {fault.Message}");
        }
    }

    private static async Task<IResult> SubscribeAsync(HttpContext context, EndpointDataSource endpoints)
    {
        var topics = new JsonArray();
        foreach (var own in endpoints.Endpoints.OfType<RouteEndpoint>().Where(e => e.Order >= 0 && e.RequestDelegate is not null && e.RoutePattern.RawText?.Trim('/') == SubscribeRoute.Trim('/')))
            foreach (var topic in await AskAsync(context, own.RequestDelegate!))
                topics.Add(topic?.DeepClone());
        topics.Add(new JsonObject { ["pubsubname"] = "pubsub", ["topic"] = "mesh-halt", ["route"] = Route });
        return TypedResults.Json(topics, NodeJson.Default.JsonArray);
    }

    /// <summary>What the service itself answers.</summary>
    private static async Task<JsonArray> AskAsync(HttpContext context, RequestDelegate service)
    {
        var body = context.Response.Body;
        using var answer = new MemoryStream();
        context.Response.Body = answer;
        try
        {
            await service(context);
        }
        finally
        {
            context.Response.Body = body;
        }
        context.Response.Headers.Clear();
        context.Response.StatusCode = StatusCodes.Status200OK;
        return answer.Length == 0 ? [] : JsonNode.Parse(answer.ToArray()) as JsonArray ?? [];
    }

    private static IResult Answer(string status) => TypedResults.Json(new JsonObject { ["status"] = status }, NodeJson.Default.JsonObject);

    [LoggerMessage(LogLevel.Warning, "A message of the topic of halts is not taken ({Code}): {Reason}")]
    private static partial void LogRefused(ILogger log, string code, string reason);
}
