using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Mesh.Governance;
using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Http.Genesis;
using Mesh.Governance.Operations;
using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Entries;
using Mesh.Ledger.Proofs;
using Mesh.Ledger.Signing;
using Mesh.Ledger.Tiles;
using Mesh.Ledger.Verification;

namespace Mesh.EndToEnd.Tests;

/// <summary>The development members at a router's API: each act is signed with the key in the data folder.</summary>
internal sealed class People(HttpClient router, string data)
{
    private const string Mesh = "dev";
    private static readonly string[] All = ["ada", "ben", "cleo"];
    private readonly string _folder = Path.Combine(data, "governance");

    private static long Now => DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    private static string Nonce => RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>Waits until governance is there and holds the lease.</summary>
    public async Task<People> ReadyAsync(TimeSpan limit)
    {
        await MeshFixture.Eventually(async () =>
        {
            using var answer = await router.GetAsync("/governance/status");
            return answer.IsSuccessStatusCode && JsonElement.Parse(await answer.Content.ReadAsStringAsync()).GetProperty("lease").GetString() == "held";
        }, "governance holds the lease", limit);
        return this;
    }

    public async Task<MeshConfiguration> ConfigurationAsync() =>
        JsonSerializer.Deserialize(await router.GetStringAsync("/governance/configuration"), GovernanceJson.Default.MeshConfiguration)!;

    /// <summary>The version that the router mixes with.</summary>
    public async Task<long> RunningAsync() =>
        JsonElement.Parse(await router.GetStringAsync("/mesh/status")).GetProperty("governance").GetProperty("configuration").GetInt64();

    public async Task<string> StatusAsync(string hash) => (await ShowAsync(hash)).GetProperty("status").GetString()!;

    public async Task<string> ProposeAsync(string proposer, Operation operation)
    {
        var (status, code, hash) = await SendProposalAsync(proposer, operation);
        Assert.True(status == HttpStatusCode.Accepted, $"{status} {code}");
        return hash;
    }

    public async Task<(HttpStatusCode Status, string? Code)> TryProposeAsync(string proposer, Operation operation)
    {
        var (status, code, _) = await SendProposalAsync(proposer, operation);
        return (status, code);
    }

    public async Task<(HttpStatusCode Status, string? Code)> VoteAsync(string voter, string hash, VoteChoice choice)
    {
        using var key = Key(voter);
        return await VoteAsync(key, hash, choice);
    }

    public async Task<(HttpStatusCode Status, string? Code)> VoteAsync(SigningKey voter, string hash, VoteChoice choice)
    {
        var vote = SignedAct.Sign(new Vote(Mesh, hash, choice, (await ShowAsync(hash)).GetProperty("deadline").GetInt64(), voter.Name), voter);
        return await PostAsync($"/governance/proposals/{hash}/votes", vote.Note);
    }

    /// <summary>Waits for the end of a canary, which is judged by sessions, so that it is given some.</summary>
    public async Task PromotedAsync(string hash, TimeSpan limit)
    {
        var status = "open";
        await MeshFixture.Eventually(async () =>
        {
            await Task.WhenAll(Enumerable.Range(11, 4).Select(n => router.AskAsync($"What is {n} + 25?")));
            return (status = await StatusAsync(hash)) is not ("open" or "approved" or "deploying");
        }, "the canary is over", limit);
        Assert.Equal("promoted", status);
    }

    public async Task ApproveAsync(string hash, params string[] voters)
    {
        foreach (var voter in voters)
            Assert.Equal((HttpStatusCode.OK, null), await VoteAsync(voter, hash, VoteChoice.Approve));
    }

    /// <summary>Until it is decided: two of three may be enough.</summary>
    public async Task ApproveOpenAsync(string hash, params string[] voters)
    {
        foreach (var voter in voters)
            if (await StatusAsync(hash) == "open")
                Assert.Equal((HttpStatusCode.OK, null), await VoteAsync(voter, hash, VoteChoice.Approve));
    }

    /// <returns>The halt's id.</returns>
    public async Task<string> HaltAsync(string requester)
    {
        var halt = SignHalt(requester);
        await HaltAsync(halt);
        return halt.Hash;
    }

    public SignedAct<HaltOrder> SignHalt(string requester)
    {
        using var key = Key(requester);
        return SignedAct.Sign(new HaltOrder(Mesh, requester, "a test", Now, Nonce), key);
    }

    /// <param name="at">Who takes it; null: the router.</param>
    /// <returns>Its answer.</returns>
    public async Task<JsonElement> HaltAsync(SignedAct<HaltOrder> halt, HttpClient? at = null)
    {
        using var content = new StringContent(halt.Note.ToString(), Encoding.UTF8, "text/plain");
        using var answer = await (at ?? router).PostAsync("/governance/halt", content);
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, body);
        return JsonElement.Parse(body);
    }

    /// <summary>The halts in force, with their requesters.</summary>
    public async Task<IReadOnlyList<(string Id, string Requester)>> HaltsAsync() =>
        [.. JsonElement.Parse(await router.GetStringAsync("/governance/halt")).GetProperty("halts").EnumerateArray().Select(h => (h.GetProperty("id").GetString()!, h.GetProperty("requester").GetString()!))];

    public Task<(HttpStatusCode Status, string? Code)> ResumeAsync(string halt, string one, string other) => ResumeAsync([halt], one, other);

    public async Task<(HttpStatusCode Status, string? Code)> ResumeAsync(IReadOnlyList<string> halts, string one, string other)
    {
        using var first = Key(one);
        using var second = Key(other);
        return await PostAsync("/governance/resume", SignedAct.Sign(new ResumeOrder(Mesh, halts, "it is over", Now, Nonce), first, second).Note);
    }

    /// <summary>Ends every halt, each by the two who did not order it, as soon as the ledger takes it.</summary>
    public async Task ResumeAllAsync(TimeSpan limit) => await MeshFixture.Eventually(async () =>
    {
        foreach (var (id, requester) in await HaltsAsync())
            if (All.Where(m => m != requester).ToArray() is [var one, var other])
                await ResumeAsync(id, one, other);
        return (await HaltsAsync()).Count == 0;
    }, "every halt has ended", limit);

    /// <summary>The texts of the ledger's entries of a type in which this one occurs.</summary>
    public async Task<string[]> FindAsync(string type, string text) =>
        [.. JsonElement.Parse(await router.GetStringAsync($"/ledger/find?type={type}&text={text}")).GetProperty("entries").EnumerateArray().Select(e => e.GetProperty("entry").GetRawText())];

    /// <summary>Whether an entry is there and a quorum has seen it.</summary>
    public async Task<bool> IsCommittedAsync(string entry)
    {
        using var answer = await router.GetAsync($"/ledger/proof/{entry}");
        return answer.IsSuccessStatusCode;
    }

    /// <summary>Goes through the whole ledger from its tiles, and checks the receipts of entries with nothing but the genesis.</summary>
    public async Task VerifyLedgerAsync(params string[] receipts)
    {
        var genesis = GenesisFile.Read(Path.Combine(_folder, "genesis.json"))!;
        var policy = genesis.Configuration.Witnesses;
        var head = SignedCheckpoint.Parse(await router.GetStringAsync("/ledger/checkpoint"));
        var report = await new LedgerVerifier(new AddressedTiles(router), genesis.LogKey, policy).VerifyAsync(head);
        Assert.True(report.IsGood, string.Join('\n', report.Findings));
        Assert.Equal(head.Checkpoint.Size, report.Entries);
        foreach (var id in receipts)
        {
            var proof = LedgerProof.Parse(await router.GetStringAsync($"/ledger/proof/{id}"));
            var entry = LedgerEntry.Parse(await router.GetByteArrayAsync($"/ledger/entry/{proof.Index}"));
            Assert.True(proof.Proves(entry, genesis.LogKey, policy, out var reason), reason);
            Assert.Equal(id, entry.Id);
        }
    }

    /// <summary>The code of a refusal: of governance in ProblemDetails, of the router in OpenAI's error object.</summary>
    public static async Task<string?> CodeAsync(HttpResponseMessage answer)
    {
        if (answer.IsSuccessStatusCode)
            return null;
        var body = await answer.Content.ReadAsStringAsync();
        var json = JsonElement.Parse(body);
        return (json.TryGetProperty("error", out var error) ? error : json).TryGetProperty("code", out var code) ? code.GetString() : body;
    }

    public async Task<JsonElement> ShowAsync(string hash) => JsonElement.Parse(await router.GetStringAsync($"/governance/proposals/{hash}"));

    private async Task<(HttpStatusCode Status, string? Code, string Hash)> SendProposalAsync(string proposer, Operation operation)
    {
        using var key = Key(proposer);
        var proposal = SignedAct.Sign(new Proposal(Mesh, proposer, operation, "a test", Now, Now + 3600, Nonce), key);
        var (status, code) = await PostAsync("/governance/proposals", proposal.Note);
        return (status, code, proposal.Hash);
    }

    private async Task<(HttpStatusCode Status, string? Code)> PostAsync(string path, SignedNote note)
    {
        using var content = new StringContent(note.ToString(), Encoding.UTF8, "text/plain");
        using var answer = await router.PostAsync(path, content);
        return (answer.StatusCode, await CodeAsync(answer));
    }

    private SigningKey Key(string name) => SigningKey.Load(Path.Combine(_folder, "members", name + ".key"));

    private sealed class AddressedTiles(HttpClient router) : ITileSource
    {
        public async Task<byte[]?> ReadAsync(Tile tile, CancellationToken stop)
        {
            using var answer = await router.GetAsync($"/ledger/{tile.Path}", stop);
            if (answer.StatusCode == HttpStatusCode.NotFound)
                return null;
            answer.EnsureSuccessStatusCode();
            return await answer.Content.ReadAsByteArrayAsync(stop);
        }
    }
}
