using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Mesh.Bench.Hosting;
using Mesh.Bench.Running;
using Mesh.Governance.Acts;
using Mesh.Governance.Operations;
using Mesh.Ledger.Signing;

namespace Mesh.Bench.Governance;

/// <summary>The development members of a mesh: each act is signed with the key in its data folder and goes to governance itself, but halts and resumes, which go to the router.</summary>
internal sealed class People : IDisposable
{
    public const string Ada = "ada", Ben = "ben", Cleo = "cleo";
    private const string Mesh = "dev";
    private readonly LiveMesh _mesh;
    private readonly HttpClient _governance;
    private readonly Dictionary<string, SigningKey> _keys;

    private People(LiveMesh mesh)
    {
        _mesh = mesh;
        _governance = new HttpClient(new SocketsHttpHandler { PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5) }) { BaseAddress = mesh.UrlOf("governance"), Timeout = TimeSpan.FromMinutes(1) };
        _keys = new[] { Ada, Ben, Cleo }.ToDictionary(name => name, name => SigningKey.Load(Path.Combine(mesh.Data, "governance", "members", name + ".key")));
    }

    /// <summary>Once governance holds the lease.</summary>
    public static async Task<People> OfAsync(LiveMesh mesh)
    {
        await mesh.HealthyAsync("governance");
        await LiveMesh.EventuallyAsync(async () => JsonElement.Parse(await mesh.Router.GetStringAsync("/governance/status")).GetProperty("lease").GetString() == "held", "governance holds the lease");
        return new(mesh);
    }

    private static long Now => DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    private static string Nonce => RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>A text for people: one of them says whether it is used, and nothing is deployed.</summary>
    public SignedAct<Proposal> Suggestion() => SignedAct.Sign(new Proposal(Mesh, Ada, new SuggestText("Be kind."), "A benchmark.", Now, Now + 7 * 24 * 3600, Nonce), _keys[Ada]);

    public SignedAct<Vote> Vote(SignedAct<Proposal> proposal, string voter, string? reason = null) =>
        SignedAct.Sign(new Vote(Mesh, proposal.Hash, VoteChoice.Approve, proposal.Act.Deadline, voter, reason), _keys[voter]);

    public SignedAct<HaltOrder> Halt() => SignedAct.Sign(new HaltOrder(Mesh, Ben, "A benchmark.", Now, Nonce), _keys[Ben]);

    public Task ProposeAsync(SignedAct<Proposal> proposal) => PostAsync("/governance/proposals", proposal.Note, 202);

    public Task VoteAsync(SignedAct<Vote> vote) => PostAsync($"/governance/proposals/{vote.Act.Proposal}/votes", vote.Note, 200);

    /// <summary>A vote of one who may not: it is refused once the attempt is recorded, once for each proposal, and that entry committed. No workflow hears of it.</summary>
    public Task VoteInVainAsync(SignedAct<Vote> vote) => PostAsync($"/governance/proposals/{vote.Act.Proposal}/votes", vote.Note, 403, 409);

    /// <summary>Entries of the ledger.</summary>
    public async Task<long> LedgerSizeAsync() => JsonElement.Parse(await _governance.GetStringAsync("/governance/status")).GetProperty("quorum").GetProperty("size").GetInt64();

    /// <summary>Two who did not halt. A halt that governance has not heard of yet is waited for.</summary>
    public async Task ResumeAsync(string halt)
    {
        var note = SignedAct.Sign(new ResumeOrder(Mesh, [halt], "A benchmark.", Now, Nonce), _keys[Ada], _keys[Cleo]).Note;
        await LiveMesh.EventuallyAsync(async () =>
        {
            using var content = Content(note);
            using var answer = await _mesh.Router.PostAsync("/governance/resume", content);
            return answer.IsSuccessStatusCode;
        }, "the halt is ended");
        await LiveMesh.EventuallyAsync(async () => (await Task.WhenAll(LiveMesh.Nodes.Select(IsHaltedAsync))).All(halted => !halted), "no node is halted");
    }

    /// <summary>Whether the report of a halt's effect is in the ledger: the last thing that its workflow does.</summary>
    public async Task<bool> IsReportedAsync(string halt)
    {
        using var answer = await _governance.GetAsync($"/ledger/proof/report/{halt}/effect");
        return answer.IsSuccessStatusCode;
    }

    public static HttpContent Content(SignedNote note) => new StringContent(note.ToString(), Encoding.UTF8, "text/plain");

    public void Dispose()
    {
        _governance.Dispose();
        foreach (var key in _keys.Values)
            key.Dispose();
    }

    private async Task<bool> IsHaltedAsync(string node) => JsonElement.Parse(await _mesh.Router.GetStringAsync(new Uri(_mesh.UrlOf(node), "/chorus/node"))).GetProperty("halted").GetBoolean();

    private async Task PostAsync(string path, SignedNote note, params int[] expected)
    {
        using var content = Content(note);
        using var answer = await _governance.PostAsync(path, content);
        if (!expected.Contains((int)answer.StatusCode))
            throw new BenchException($"{path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }
}
