using System.Globalization;
using System.Text.Json;
using Mesh.Chorus.Witnesses;
using Mesh.Governance.Acts;
using Mesh.Governance.Http.Configurations;
using Mesh.Governance.Http.Nodes;
using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Signing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Mesh.Governance.Http.Chorus;

/// <summary><c>/chorus/...</c>: what nodes, governance and people say to a node. Each request proves itself by signatures.</summary>
internal static class ChorusEndpoints
{
    private const string SizeType = "text/x.tlog.size";

    public static void MapChorus(this IEndpointRouteBuilder app)
    {
        var chorus = app.MapGroup("/chorus").AddEndpointFilter<RouteGroupBuilder, LamportFilter>().ExcludeFromDescription().AllowAnonymous();
        chorus.MapGet("/node", (GovernedNode node, IServiceProvider services) => Status(node, services));
        chorus.MapGet("/halt", (GovernedNode node) => TypedResults.Json(node.Acts, NodeJson.Default.ActsSnapshot));
        chorus.MapPost("/halt", async (HttpRequest request, GovernedNode node, TimeProvider clock) =>
            Taken(request, await node.TakeHaltAsync(await Bodies.ReadTextAsync(request, Bodies.MostNoteBytes, clock))));
        chorus.MapPost("/resume", async (HttpRequest request, GovernedNode node, TimeProvider clock) =>
            Taken(request, await node.TakeResumeAsync(await Bodies.ReadTextAsync(request, Bodies.MostNoteBytes, clock))));
        chorus.MapPost("/add-checkpoint", AddCheckpointAsync);
        chorus.MapPost("/head", HeadAsync);
        chorus.MapPost("/configuration", ConfigureAsync);
    }

    private static async Task<ContentHttpResult> AddCheckpointAsync(HttpRequest request, GovernedNode node, TimeProvider clock)
    {
        var asked = Parsed(AddCheckpoint.Parse, await Bodies.ReadTextAsync(request, AddCheckpoint.MostBytes, clock));
        var answer = node.Cosign(asked);
        if (answer.Status == WitnessStatus.Cosigned && asked.OldSize < asked.Checkpoint.Checkpoint.Size)
            LamportFilter.Believe(request);
        return answer.Status switch
        {
            WitnessStatus.Cosigned => TypedResults.Text(Line(answer.Cosignature!)),
            WitnessStatus.Conflict => TypedResults.Text(answer.Size.ToString(CultureInfo.InvariantCulture) + "\n", SizeType, statusCode: (int)answer.Status),
            WitnessStatus.Inconsistent => TypedResults.Text("The proof does not show that the new tree begins with the old one.\n", statusCode: (int)answer.Status),
            WitnessStatus.UnknownLog => throw new NodeRefusedException((int)answer.Status, "unknown_log", "This node is no witness of that log."),
            WitnessStatus.WrongSignature => throw new NodeRefusedException((int)answer.Status, ActCode.WrongSignature, "The log did not sign the checkpoint."),
            _ => throw new NodeRefusedException((int)answer.Status, ActCode.Invalid, "The old size is greater than the new one."),
        };
    }

    /// <summary>Halts come first: they need no quorum.</summary>
    private static async Task<JsonHttpResult<NodeStatus>> HeadAsync(HttpRequest request, GovernedNode node, TimeProvider clock, IServiceProvider services)
    {
        var body = await Bodies.ReadAsync(request, HeadNews.MostBytes, clock);
        HeadNews news;
        try
        {
            news = JsonSerializer.Deserialize(body, NodeJson.Default.HeadNews) ?? throw new JsonException("It is null.");
            if (news.Halts.Concat(news.Resumes).Any(note => note is null))
                throw new JsonException("A note is null.");
        }
        catch (JsonException fault)
        {
            throw Bodies.Invalid($"The body is no news of a head: {fault.Message}");
        }
        foreach (var halt in news.Halts.Take(HeadNews.MostNotes))
            await TryAsync(node.HaltAsync, halt);
        foreach (var resume in news.Resumes.Take(HeadNews.MostNotes))
            await TryAsync(node.ResumeAsync, resume);
        if (news.Head is not null && node.Hear(Parsed(SignedCheckpoint.Parse, news.Head)))
            LamportFilter.Believe(request);
        return Status(node, services);
    }

    /// <summary>What the node does not take it refuses for itself; its status says what is in force.</summary>
    private static async Task TryAsync(Func<string, CancellationToken, Task<Acknowledgement>> act, string note)
    {
        try
        {
            await act(note, CancellationToken.None);
        }
        catch (NodeRefusedException)
        {
        }
    }

    private static async Task<JsonHttpResult<NodeStatus>> ConfigureAsync(HttpRequest request, GovernedNode node, TimeProvider clock, IServiceProvider services)
    {
        var body = await Bodies.ReadAsync(request, ConfigurationReceipt.MostBytes, clock);
        try
        {
            if (node.Configure(ConfigurationReceipt.Parse(body)))
                LamportFilter.Believe(request);
        }
        catch (FormatException fault)
        {
            throw Bodies.Invalid(fault.Message);
        }
        return Status(node, services);
    }

    private static JsonHttpResult<NodeStatus> Status(GovernedNode node, IServiceProvider services) =>
        TypedResults.Json(node.Status(services.GetService(typeof(ICanaryReport)) as ICanaryReport, services.GetService(typeof(IAppliedVersion)) as IAppliedVersion), NodeJson.Default.NodeStatus);

    private static JsonHttpResult<Acknowledgement> Taken(HttpRequest request, (Acknowledgement Acknowledgement, bool IsNew) order)
    {
        if (order.IsNew)
            LamportFilter.Believe(request);
        return TypedResults.Json(order.Acknowledgement, NodeJson.Default.Acknowledgement);
    }

    private static string Line(NoteSignature signature) => $"— {signature.Name} {Convert.ToBase64String(signature.Bytes)}\n";

    private static T Parsed<T>(Func<string, T> parse, string text)
    {
        try
        {
            return parse(text);
        }
        catch (FormatException fault)
        {
            throw Bodies.Invalid(fault.Message);
        }
    }
}
