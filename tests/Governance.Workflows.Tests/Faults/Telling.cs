using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Mesh.Governance;
using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Operations;
using Mesh.Governance.State;
using Mesh.Ledger.Signing;

namespace Governance.Workflows.Tests.Faults;

/// <summary>One run of a story: people act, and ask again with the same note when nobody answers; somebody may be killed meanwhile.</summary>
internal sealed partial class Telling : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private readonly List<string> _acknowledged = [];
    private readonly long _start;
    private SignedAct<HaltOrder>? _halt;
    private readonly Killing _killing;
    private readonly string _plan;

    private Telling(GovernedMesh mesh, long start, IReadOnlyList<Kill> plan) => (Mesh, _start, _killing, _plan) = (mesh, start, new(mesh, start, plan), string.Join(", ", plan));

    public GovernedMesh Mesh { get; }

    public int Kills => _killing.Done;

    private static long Now => DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    private static string Nonce => RandomNumberGenerator.GetHexString(32, lowercase: true);

    public static async Task<Telling> BeginAsync(GovernedMesh mesh, params IReadOnlyList<Kill> plan)
    {
        long size = 0;
        await mesh.EventuallyAsync(async () => (size = JsonElement.Parse(await mesh.Http.GetStringAsync("/ledger/find?limit=1")).GetProperty("size").GetInt64()) > 0, () => "governance answers");
        return new(mesh, size, plan);
    }

    public void Dispose() => _killing.Dispose();

    /// <returns>The proposal's hash.</returns>
    public async Task<string> ProposeAsync(string proposer, Operation operation)
    {
        var proposal = Signed(proposer, operation);
        await SendAsync("/governance/proposals", proposal.Note, EntryIds.Proposal(proposal.Hash));
        return proposal.Hash;
    }

    /// <returns>The code of the refusal.</returns>
    public async Task<string?> RefusedAsync(string proposer, Operation operation)
    {
        var note = Signed(proposer, operation).Note;
        string? code = null;
        await Mesh.EventuallyAsync(async () =>
        {
            using var answer = await PostAsync("/governance/proposals", note);
            code = await CodeAsync(answer);
            return !IsAway(answer, code);
        }, () => $"a proposal is refused, by {_plan}");
        return code;
    }

    public async Task VoteAsync(string hash, VoteChoice choice, params string[] voters)
    {
        foreach (var voter in voters)
        {
            var deadline = (await ShowAsync(hash)).GetProperty("deadline").GetInt64();
            await SendAsync($"/governance/proposals/{hash}/votes", SignedAct.Sign(new Vote(GovernedMesh.Name, hash, choice, deadline, voter), GovernedMesh.People[voter]).Note, EntryIds.Vote(hash, voter));
        }
    }

    public Task WithdrawAsync(string hash, string member) =>
        SendAsync($"/governance/proposals/{hash}/withdrawal", SignedAct.Sign(new Withdrawal(GovernedMesh.Name, hash, member), GovernedMesh.People[member]).Note, EntryIds.Withdrawal(hash));

    /// <returns>The halt's id.</returns>
    public async Task<string> HaltAsync(string requester)
    {
        var halt = SignedAct.Sign(new HaltOrder(GovernedMesh.Name, requester, "a test", Now, Nonce), GovernedMesh.People[requester]);
        await SendAsync("/governance/halt", (_halt = halt).Note, EntryIds.Halt(halt.Hash));
        return halt.Hash;
    }

    /// <summary>The last halt is over: sent again, it is said to halt nothing.</summary>
    public Task EndedAsync()
    {
        string? code = null;
        return Mesh.EventuallyAsync(async () =>
        {
            using var answer = await PostAsync("/governance/halt", _halt!.Note);
            return (code = await CodeAsync(answer)) == "halt_ended";
        }, () => $"the halt is refused as ended, not with {code}, by {_plan}");
    }

    /// <summary>A program says what it did; until it is answered it says so again, in other words each time.</summary>
    public async Task RecordAsync(string run, string step)
    {
        var tries = 0;
        await SendAsync("/governance/self", () => SignedAct.Sign(new SelfStep(GovernedMesh.Name, "agent", run, step, $"Try {++tries}.", Now), GovernedMesh.People["agent"]).Note, $"self/{run}/{step}");
    }

    /// <summary>What governance lists of a run, newest first.</summary>
    public async Task<IReadOnlyList<SelfStep>> StepsAsync(string run)
    {
        JsonElement listed = default;
        await Mesh.EventuallyAsync(async () => (listed = JsonElement.Parse(await Mesh.Http.GetStringAsync($"/governance/self?run={run}")).GetProperty("steps")).ValueKind == JsonValueKind.Array, () => $"the run is listed, by {_plan}");
        return [.. listed.EnumerateArray().Select(step => step.GetProperty("act").Deserialize(GovernanceJson.Default.SelfStep)!)];
    }

    public async Task ResumeAsync(string halt, string one, string other)
    {
        var resume = SignedAct.Sign(new ResumeOrder(GovernedMesh.Name, [halt], "it is over", Now, Nonce), GovernedMesh.People[one], GovernedMesh.People[other]);
        await SendAsync("/governance/resume", resume.Note, EntryIds.Resume(resume.Hash));
    }

    public Task StatusAsync(string hash, string status)
    {
        string? seen = null;
        return Mesh.EventuallyAsync(async () => (seen = (await ShowAsync(hash)).GetProperty("status").GetString()) == status, () => $"{hash} is {status} instead of {seen}, by {_plan}");
    }

    public Task UntilAsync(string hash, Func<JsonElement, bool> holds, string what) => Mesh.EventuallyAsync(async () => holds(await ShowAsync(hash)), () => $"{hash} {what}, by {_plan}");

    public async Task<MeshConfiguration> ConfigurationAsync()
    {
        MeshConfiguration? configuration = null;
        await Mesh.EventuallyAsync(async () => (configuration = JsonSerializer.Deserialize(await Mesh.Http.GetStringAsync("/governance/configuration"), GovernanceJson.Default.MeshConfiguration)) is not null, () => "there is a configuration");
        return configuration!;
    }

    /// <summary>Waits until the story has all its entries and every node runs what came of it; then nothing is lost, twice, or too much.</summary>
    public async Task EndAsync(IReadOnlyList<string> expected)
    {
        string[] ids = [], steps = [];
        await Mesh.EventuallyAsync(async () =>
        {
            ids = [.. (await Mesh.EntriesAsync(_start)).Select(e => e.Id)];
            steps = Named(ids);
            return steps.Length >= expected.Count;
        }, () => $"the story has the entries\n{string.Join('\n', expected)}\nand not\n{string.Join('\n', steps)}\nby {_plan}");
        Assert.Equal(expected.Order(StringComparer.Ordinal), steps.Order(StringComparer.Ordinal));
        Assert.Empty(_acknowledged.Except(ids));
        await _killing.FinishAsync();
        var version = (await ConfigurationAsync()).Version;
        await Mesh.EventuallyAsync(() => Task.FromResult(Mesh.Routers.All(r => r.Node.Configuration!.Version == version && !r.Node.IsHalted)), () => $"every node goes on and runs version {version}, by {_plan}");
        await Mesh.EventuallyAsync(async () => JsonElement.Parse(await Mesh.Http.GetStringAsync("/governance/status")) is var status &&
            status.GetProperty("quorum").GetProperty("committed").GetInt64() == status.GetProperty("quorum").GetProperty("size").GetInt64() && !status.GetProperty("halted").GetBoolean() &&
            status.GetProperty("nodes").EnumerateArray().All(n => n.TryGetProperty("configuration", out var runs) && runs.GetInt64() == version), () => $"all is committed and runs, by {_plan}");
    }

    private static SignedAct<Proposal> Signed(string proposer, Operation operation) =>
        SignedAct.Sign(new Proposal(GovernedMesh.Name, proposer, operation, "a test", Now, Now + 3600, Nonce), GovernedMesh.People[proposer]);

    private static string[] Named(string[] ids)
    {
        var names = new Dictionary<string, string>();
        return [.. ids.Select(id => Hash().Replace(id, match => names.TryGetValue(match.Value, out var name) ? name : names[match.Value] = $"#{names.Count}"))];
    }

    private async Task<JsonElement> ShowAsync(string hash)
    {
        JsonElement shown = default;
        await Mesh.EventuallyAsync(async () => (shown = JsonElement.Parse(await Mesh.Http.GetStringAsync($"/governance/proposals/{hash}"))).ValueKind == JsonValueKind.Object, () => $"{hash} is shown, by {_plan}");
        return shown;
    }

    /// <summary>Until it is answered with success.</summary>
    private Task SendAsync(string path, SignedNote note, string entry) => SendAsync(path, () => note, entry);

    private async Task SendAsync(string path, Func<SignedNote> note, string entry)
    {
        await Mesh.EventuallyAsync(async () =>
        {
            using var answer = await PostAsync(path, note());
            var code = await CodeAsync(answer);
            // Whoever resumes before all is undone is told to ask again.
            if (IsAway(answer, code) || code == ActCode.TooEarly)
                return false;
            Assert.True(answer.IsSuccessStatusCode, $"{entry}: {answer.StatusCode} {code}, by {_plan}");
            return true;
        }, () => $"{entry} is taken, by {_plan}");
        _acknowledged.Add(entry);
        _killing.OnAnswered();
    }

    private static bool IsAway(HttpResponseMessage answer, string? code) => answer.StatusCode == HttpStatusCode.ServiceUnavailable && code != ActCode.Halted;

    private async Task<HttpResponseMessage> PostAsync(string path, SignedNote note)
    {
        using var content = new StringContent(note.ToString(), Encoding.UTF8, "text/plain");
        return await Mesh.Http.PostAsync(path, content);
    }

    private static async Task<string?> CodeAsync(HttpResponseMessage answer) =>
        answer.IsSuccessStatusCode ? null : JsonElement.Parse(await answer.Content.ReadAsStringAsync()) is var body && body.TryGetProperty("code", out var code) ? code.GetString() : body.ToString();

    [GeneratedRegex("[0-9a-f]{64}")]
    private static partial Regex Hash();
}
