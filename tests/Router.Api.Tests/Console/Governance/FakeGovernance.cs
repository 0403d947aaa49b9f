using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Governance;
using Mesh.Governance.Configurations;
using Mesh.Governance.Members;
using Mesh.Ledger.Entries;
using Mesh.Ledger.Signing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Router.Api.Tests.Console.Governance;

/// <summary>
/// Governance as the page sees it, on the router's own address: it answers what a test put into it, and takes notes only as the mesh's own code takes them.
/// </summary>
internal sealed class FakeGovernance
{
    public const string Mesh = "home";

    private readonly SigningKey _log = SigningKey.Create($"mesh/{Mesh}");
    private readonly SigningKey[] _nodes = [.. new[] { "router", "worker", "governance" }.Select(SigningKey.Create)];

    public FakeGovernance()
    {
        Ledger = new(_log, _nodes);
        Configuration = new()
        {
            Mesh = Mesh, Version = 1,
            Nodes = [.. _nodes.Select(n => new MeshNode(n.Name, n.Verifier.As(KeyKind.Cosignature).Text, Enum.Parse<NodeKind>(n.Name, ignoreCase: true)))],
        };
    }

    public FakeLedger Ledger { get; }
    public MeshConfiguration Configuration { get; set; }
    public string LogKey { get; set; } = "";
    public List<JsonObject> Proposals { get; } = [];
    public List<JsonObject> Halts { get; } = [];
    public JsonArray History { get; } = [];

    /// <summary>Every note that was taken, by its path.</summary>
    public ConcurrentQueue<(string Path, JsonElement Act, IReadOnlyList<string> Signers)> Taken { get; } = [];

    /// <summary>Answers everything with this problem, when it is set.</summary>
    public (int Status, string Code, string Detail)? Problem { get; set; }

    /// <summary>The answer to a dry run.</summary>
    public Func<JsonElement, object> DryRun { get; set; } = operation => new
    {
        tier = "deploy_minor", domain = "routing", before = new { }, after = new { },
        diff = new[] { new { path = "routing.ensemble.k", before = (int?)null, after = (int?)2 } },
        blast_radius = new { experts = 3, sessions_share = 1.0, nodes = 3, text = "All sessions." },
    };

    public void Enroll(string key, params Role[] roles) =>
        Configuration = Configuration with { Version = Configuration.Version + 1, Members = [.. Configuration.Members, new(VerifierKey.Parse(key).Name, key, roles)] };

    public JsonObject Propose(string proposer, object operation, string reason, string status = "open", double hours = 24)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var deadline = now + (long)(hours * 3600);
        var note = SignedNote.Sign($"mesh-proposal/v1\n{CanonicalJson.Of(Object(new { mesh = Mesh, proposer, operation, reason, created = now, deadline, nonce = $"{Proposals.Count}" }).ToJsonString())}\n", _log);
        var hash = Hash(note.Text);
        Append("proposal", $"proposal/{hash}", Object(new { note = note.ToString(), hash, tier = "deploy_minor" }));
        var proposal = Object(new
        {
            hash, revision = 1, status, tier = "deploy_minor", domain = "routing", proposer, operation, reason, created = now, index = Ledger.Entries.Count - 1,
            deadline, needed = 2, voters = Configuration.Members.Where(m => m.Has(Role.Approver) && m.Name != proposer).Select(m => m.Name), votes = Array.Empty<object>(),
        });
        lock (Proposals)
            Proposals.Insert(0, proposal);
        return proposal;
    }

    /// <summary>News of a deployment.</summary>
    public void Report(JsonObject proposal, object deployment)
    {
        lock (Proposals)
        {
            proposal["deployment"] = Object(deployment);
            proposal["revision"] = RevisionOf(proposal) + 1;
        }
    }

    public void Halt(string requester, string reason) =>
        Halts.Add(Object(new { id = Hash(requester + reason), requester, reason, time = DateTimeOffset.UtcNow.ToUnixTimeSeconds() }));

    /// <summary>An applied change, in the ledger and in the history.</summary>
    public JsonObject Apply(MeshConfiguration after, string proposer)
    {
        var (before, id) = (Configuration, $"configuration/{Hash(proposer)}/promoted");
        Configuration = after;
        Append("configuration", id, new() { ["stage"] = "promoted", ["configuration"] = Document(after) });
        var change = Object(new
        {
            id, index = Ledger.Entries.Count - 1, version = after.Version, stage = "promoted", time = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), proposer, reason = "Less work a token.",
            votes = new[] { new { voter = "bob", choice = "approve" } }, before = Document(before), after = Document(after),
        });
        History.Insert(0, change);
        return change;
    }

    private void Append(string type, string id, JsonObject body)
    {
        var entry = new JsonObject { ["type"] = type, ["lamport"] = Ledger.Entries.Count, ["node"] = "governance", ["time"] = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), ["id"] = id, ["body"] = body };
        Ledger.Entries.Add(Encoding.UTF8.GetBytes(CanonicalJson.Of(entry.ToJsonString())));
    }

    public void Map(WebApplication app)
    {
        var all = app.MapGroup("").AddEndpointFilter(async (context, next) =>
            Problem is var (status, code, detail) ? Refuse(status, code, detail) : await next(context)).ExcludeFromDescription();
        all.MapGet("/governance/status", Status);
        all.MapGet("/governance/configuration", () => Json(Document(Configuration)));
        all.MapGet("/governance/history", () => Json(new JsonObject { ["history"] = History.DeepClone() }));
        all.MapGet("/governance/proposals", () => Json(new JsonObject { ["proposals"] = new JsonArray([.. Copies()]) }));
        all.MapGet("/governance/proposals/{hash}", Follow);
        all.MapPost("/governance/dry-run", async (HttpRequest request) => Json(Object(DryRun((await JsonDocument.ParseAsync(request.Body)).RootElement.GetProperty("operation")))));
        // Before the router's own, which would ask the real one.
        foreach (var path in new[] { "proposals", "proposals/{hash}/votes", "proposals/{hash}/withdrawal", "halt", "resume" })
            all.MapPost("/governance/" + path, Take).WithOrder(-1);
        all.MapGet("/ledger/entry/{index:int}", (int index) => Results.Bytes(Ledger.Entries[index], "application/json"));
        all.MapGet("/ledger/proof/{**id}", (string id) => Results.Text(Ledger.Proof(Ledger.Entries.FindIndex(e => JsonDocument.Parse(e).RootElement.GetProperty("id").GetString() == id))));
    }

    private IResult Status() => Json(Object(new
    {
        mesh = Mesh, log = LogKey is "" ? _log.Verifier.Text : LogKey, version = Configuration.Version, lease = "held", lease_remaining_ms = 4000,
        quorum = new { needed = 2, size = 12, committed = 12, witnesses = _nodes.Select(n => new { name = n.Name, kind = n.Name, cosigned = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - 2000 }) },
        phase = new { current = 2, effective = 1, experts = 3, threshold = 4, degraded = "Phase 2 needs 4 experts; 3 are online." },
        nodes = _nodes.Select(n => new { name = n.Name, kind = n.Name, reachable = true, configuration = Configuration.Version, halted = Halts.Count > 0, lease = "held" }),
        halts = Halts,
    }));

    private async Task<IResult> Follow(string hash, long? after, double? wait, CancellationToken ct)
    {
        var until = DateTime.UtcNow.AddSeconds(wait ?? 0);
        JsonObject Now() => Copies().Single(p => p["hash"]!.GetValue<string>() == hash);
        while (RevisionOf(Now()) <= after && DateTime.UtcNow < until)
            await Task.Delay(50, ct);
        return Json(Now());
    }

    private JsonObject[] Copies()
    {
        lock (Proposals)
            return [.. Proposals.Select(p => p.DeepClone().AsObject())];
    }

    private static long RevisionOf(JsonObject proposal) => JsonSerializer.Deserialize<long>(proposal["revision"]);

    private JsonObject Find(string hash) => Proposals.Single(p => p["hash"]!.GetValue<string>() == hash);

    /// <summary>Takes a note: its form, its canonical body, its signatures by enrolled keys.</summary>
    private async Task<IResult> Take(HttpRequest request)
    {
        if (request.ContentType != "text/plain; charset=utf-8")
            return Refuse(415, "invalid_act", "A note is text/plain.");
        using var reader = new StreamReader(request.Body, new UTF8Encoding(false, throwOnInvalidBytes: true));
        var note = SignedNote.Parse(await reader.ReadToEndAsync());
        var lines = note.Text.Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.Equal(CanonicalJson.Of(lines[1]), lines[1]);
        var act = JsonDocument.Parse(lines[1]).RootElement;
        Assert.Equal(Mesh, act.GetProperty("mesh").GetString());
        var signers = Configuration.Members.Where(m => note.IsSignedBy(m.Verifier)).Select(m => m.Name).ToArray();
        if (signers.Length == 0 || signers.Length < note.Signatures.Count)
            return Refuse(403, "unknown_member", "No member of this mesh signed this.");
        Taken.Enqueue((request.Path, act, signers));
        switch (lines[0])
        {
            case "mesh-vote/v1":
                var proposal = Find(act.GetProperty("proposal").GetString()!);
                Assert.Equal(proposal["deadline"]!.GetValue<long>(), act.GetProperty("deadline").GetInt64());
                proposal["votes"]!.AsArray().Add(Object(new { voter = signers[0], choice = act.GetProperty("choice").GetString() }));
                return Json(new JsonObject());
            case "mesh-withdraw/v1":
                Find(act.GetProperty("proposal").GetString()!)["status"] = "withdrawn";
                return Json(new JsonObject());
            case "mesh-proposal/v1":
                Propose(signers[0], JsonSerializer.Deserialize<JsonElement>(act.GetProperty("operation").GetRawText()), act.GetProperty("reason").GetString()!);
                return Json(Object(new { hash = Hash(note.Text) }), 202);
            case "mesh-halt/v1":
                Halts.Add(Object(new { id = Hash(note.Text), requester = signers[0], reason = act.GetProperty("reason").GetString(), time = act.GetProperty("time").GetInt64() }));
                return Json(Object(new { halt = Hash(note.Text), reached = new[] { "router", "worker" }, unreached = new[] { "governance" } }));
            case "mesh-resume/v1" when signers.Length >= 2:
                Assert.Equal(Halts.Select(h => h["id"]!.GetValue<string>()), act.GetProperty("halts").EnumerateArray().Select(h => h.GetString()));
                Halts.Clear();
                return Json(new JsonObject());
            default:
                return Refuse(422, "invalid_act", "This is no act of a person.");
        }
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static JsonObject Document(MeshConfiguration configuration) => JsonSerializer.SerializeToNode(configuration, GovernanceJson.Default.MeshConfiguration)!.AsObject();

    private static JsonObject Object(object value) => JsonSerializer.SerializeToNode(value)!.AsObject();

    private static IResult Json(JsonNode node, int status = 200) => Results.Text(node.ToJsonString(), "application/json", Encoding.UTF8, status);

    private static IResult Refuse(int status, string code, string detail) =>
        Results.Problem(detail, statusCode: status, extensions: new Dictionary<string, object?> { ["code"] = code });
}
