using System.Text.Json.Nodes;
using Mesh.Governance;
using Mesh.Governance.Acts;
using Mesh.Governance.Members;
using Mesh.Governance.Operations;
using Mesh.Governance.State;
using Mesh.Governance.Tiers;
using Mesh.Ledger.Tiles;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Mesh.Tool.Tests.Governance;

/// <summary>A mesh over HTTP, as a router shows it: its rules and signatures are the real ones.</summary>
internal sealed class GovernanceServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private GovernanceServer(GovernedMesh mesh, WebApplication app) => (Mesh, _app) = (mesh, app);

    public GovernedMesh Mesh { get; }

    public string Url => _app.Urls.First();

    /// <summary>Halts that nodes took directly.</summary>
    public List<HaltOrder> Halts { get; } = [];

    /// <summary>Answers in place of the mesh, where it gives one.</summary>
    public Func<HttpRequest, IResult?> Instead { get; set; } = _ => null;

    /// <summary>Called before a proposal is shown: what happens while somebody watches.</summary>
    public Func<string, Task> Meanwhile { get; set; } = _ => Task.CompletedTask;

    public static async Task<GovernanceServer> StartAsync(TierPolicy? policy = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new GovernanceServer(await GovernedMesh.BeginAsync(policy), builder.Build());
        server.Map();
        await server._app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await Mesh.DisposeAsync();
    }

    private void Map()
    {
        _app.Use(async (context, next) =>
        {
            try
            {
                if (Instead(context.Request) is { } answer)
                    await answer.ExecuteAsync(context);
                else
                    await next();
            }
            catch (ActRefusedException refused)
            {
                await Results.Problem(refused.Message, statusCode: 409, extensions: new Dictionary<string, object?> { ["code"] = refused.Code }).ExecuteAsync(context);
            }
        });
        _app.MapGet("/governance/configuration", () => Results.Json(Mesh.State.Configuration, GovernanceJson.Default.MeshConfiguration));
        _app.MapGet("/governance/status", () => Results.Json(ServerViews.Status(Mesh)));
        _app.MapGet("/governance/proposals", (string? status, string? waiting_for) => Results.Json(ServerViews.Proposals(Mesh.State, status, waiting_for)));
        _app.MapGet("/governance/proposals/{hash}", async (string hash) =>
        {
            await Meanwhile(hash);
            return Results.Json(ServerViews.Proposal(Mesh.State, Mesh.State.Find(hash)));
        });
        _app.MapPost("/governance/proposals", ProposeAsync);
        _app.MapPost("/governance/proposals/{hash}/votes", (string hash, HttpRequest request) => ActAsync<Vote>(request, EntryTypes.Vote, act => EntryIds.Vote(hash, act.Voter), hash));
        _app.MapPost("/governance/proposals/{hash}/withdrawal", (string hash, HttpRequest request) => ActAsync<Withdrawal>(request, EntryTypes.Withdrawal, _ => EntryIds.Withdrawal(hash), hash));
        _app.MapPost("/governance/dry-run", async (HttpRequest request) => Results.Json(ServerViews.DryRun(Mesh.State, await JsonNode.ParseAsync(request.Body))));
        _app.MapPut("/governance/artifacts", async (HttpRequest request) => Results.Json(new { hash = Convert.ToHexStringLower(await System.Security.Cryptography.SHA256.HashDataAsync(request.Body)) }));
        _app.MapPost("/governance/halt", HaltAsync);
        _app.MapPost("/governance/resume", async (HttpRequest request) =>
        {
            var note = await NoteAsync(request);
            await Mesh.AppendAsync(EntryTypes.Resume, EntryIds.Resume(SignedAct.Parse<ResumeOrder>(note).Hash), new(note), GovernanceJson.Default.NoteBody);
            return Results.Json(new { halted = Mesh.State.IsHalted });
        });
        _app.MapPost("/chorus/halt", async (HttpRequest request) =>
        {
            var halt = SignedAct.Parse<HaltOrder>(await NoteAsync(request));
            halt.Verify(Mesh.Genesis.Configuration);
            lock (Halts)
                Halts.Add(halt.Act);
            return Results.Json(new { node = "router-1", halted = true, halts = new[] { halt.Hash }, acknowledged = 1 });
        });
        _app.MapGet("/ledger/checkpoint", () => Mesh.Head.ToString());
        _app.MapGet("/ledger/tile/{**rest}", async (string rest) =>
            Tile.TryParse("tile/" + rest, out var tile) && await Mesh.Log.Tiles.ReadAsync(tile, default) is { } bytes ? Results.Bytes(bytes) : Results.NotFound());
        _app.MapGet("/ledger/entry/{index:long}", async (long index) => Results.Bytes((await Mesh.Log.ReadEntryAsync(index, default))!.Bytes.ToArray(), "application/json"));
        _app.MapGet("/ledger/proof/{**id}", async (string id) => await Mesh.Log.FindAsync(id, default) is { } found
            ? Results.Text((await Mesh.Log.ProveAsync(found.Index, Mesh.Head, default)).ToString())
            : Results.Problem($"There is no entry {id}.", statusCode: 404, extensions: new Dictionary<string, object?> { ["code"] = ActCode.NotFound }));
    }

    private async Task<IResult> ProposeAsync(HttpRequest request)
    {
        var note = await NoteAsync(request);
        var act = SignedAct.Parse<Proposal>(note);
        var tier = TierTable.Of(act.Act.Operation).Tier;
        var index = await Mesh.AppendAsync(EntryTypes.Proposal, EntryIds.Proposal(act.Hash), new ProposalBody(note, act.Hash, tier), GovernanceJson.Default.ProposalBody);
        return Results.Json(new { hash = act.Hash, tier = ServerViews.Snake(tier), deadline = act.Act.Deadline, index, committed = true }, statusCode: 202);
    }

    private async Task<IResult> ActAsync<T>(HttpRequest request, string type, Func<T, string> id, string hash) where T : IAct<T>
    {
        var note = await NoteAsync(request);
        var entry = id(SignedAct.Parse<T>(note).Act);
        if (await Mesh.Log.FindAsync(entry, default) is { } earlier && earlier.Entry.Body.GetProperty("note").GetString() != note)
            throw new ActRefusedException(ActCode.DoubleVote, "They have voted on it.");
        await Mesh.AppendAsync(type, entry, new NoteBody(note), GovernanceJson.Default.NoteBody);
        return Results.Json(ServerViews.Proposal(Mesh.State, Mesh.State.Find(hash)));
    }

    private async Task<IResult> HaltAsync(HttpRequest request)
    {
        var note = await NoteAsync(request);
        var id = SignedAct.Parse<HaltOrder>(note).Hash;
        await Mesh.AppendAsync(EntryTypes.Halt, EntryIds.Halt(id), new NoteBody(note), GovernanceJson.Default.NoteBody);
        return Results.Json(new { halt = id, reached = new[] { "router-1", "worker-1" }, unreached = Array.Empty<string>() });
    }

    private static async Task<string> NoteAsync(HttpRequest request)
    {
        Assert.Equal("text/plain; charset=utf-8", request.ContentType);
        using var reader = new StreamReader(request.Body);
        return await reader.ReadToEndAsync();
    }
}
