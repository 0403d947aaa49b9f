using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mesh.Governance;
using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Http.Genesis;
using Mesh.Governance.Members;
using Mesh.Governance.State;
using Mesh.Governance.Tiers;
using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Entries;
using Mesh.Ledger.Log;
using Mesh.Ledger.Signing;
using Mesh.Testing;

namespace Mesh.Tool.Tests.Governance;

/// <summary>A mesh's people, nodes and ledger, all real: the log, the rules, the signatures. Its workflows are the test's.</summary>
internal sealed class GovernedMesh : IAsyncDisposable
{
    public const string Name = "lab";
    private readonly TemporaryFolder _folder = new();
    private readonly SigningKey _log = SigningKey.Create($"mesh/{Name}");
    private readonly SigningKey[] _witnesses = [.. new[] { "governance-1", "router-1", "worker-1" }.Select(SigningKey.Create)];
    private readonly Dictionary<string, SigningKey> _people = new[] { "ada", "bob", "eve", "sam" }.ToDictionary(n => n, SigningKey.Create);

    private GovernedMesh()
    {
    }

    /// <summary>As <c>Mesh__Data</c>: the genesis and every member's key.</summary>
    public string Data => _folder.Path;

    public LedgerLog<GovernanceState> Log { get; private set; } = null!;

    public GovernanceState State => Log.State;

    public GenesisDocument Genesis { get; private set; } = null!;

    /// <summary>The newest head with the cosignatures of all witnesses.</summary>
    public SignedCheckpoint Head { get; private set; } = null!;

    /// <summary>Whoever has these can make the ledger say anything.</summary>
    public (SigningKey Log, IReadOnlyList<SigningKey> Witnesses) Signers => (_log, _witnesses);

    public SigningKey Key(string member) => _people[member];

    public static async Task<GovernedMesh> BeginAsync(TierPolicy? policy = null)
    {
        var mesh = new GovernedMesh();
        Role[][] roles = [[Role.Admin, Role.Approver], [Role.Approver, Role.Oncall], [Role.Approver, Role.Deployer], [Role.Signer]];
        var configuration = new MeshConfiguration
        {
            Mesh = Name,
            Version = 1,
            Members = [.. mesh._people.Values.Zip(roles, (key, has) => new Member(key.Name, key.Verifier.Text, has))],
            Nodes = [.. mesh._witnesses.Zip(new[] { NodeKind.Governance, NodeKind.Router, NodeKind.Worker }, (key, kind) => new MeshNode(key.Name, key.Verifier.As(KeyKind.Cosignature).Text, kind))],
            Policy = policy ?? new() { MajorReviewSeconds = 0 },
        };
        mesh.Genesis = new(Name, mesh._log.Verifier.Text, configuration);
        GenesisFile.Write(Path.Combine(mesh.Data, "governance", "genesis.json"), mesh.Genesis);
        foreach (var key in mesh._people.Values)
            key.Save(Path.Combine(mesh.Data, "governance", "members", key.Name + ".key"));
        mesh.Log = await LedgerLog<GovernanceState>.OpenAsync(new MemoryLedgerStore(), new(mesh._log, "governance-1"), GovernanceState.Empty, Reduce, TimeProvider.System, default);
        await mesh.AppendAsync(EntryTypes.Genesis, EntryIds.Genesis, new GenesisBody(configuration, mesh.Genesis.Log), GovernanceJson.Default.GenesisBody);
        return mesh;
    }

    /// <summary>Appends by the rules, and has it cosigned.</summary>
    public async Task<long> AppendAsync<T>(string type, string id, T body, JsonTypeInfo<T> json)
    {
        var appended = await Log.AppendAsync(new EntryDraft(type, id, JsonSerializer.SerializeToElement(body, json)), default);
        Cosign();
        return appended.Index;
    }

    /// <summary>What its workflow would do next with a proposal.</summary>
    public async Task CarryOnAsync(string hash)
    {
        var proposal = State.Find(hash);
        if (State.OutcomeAt(proposal, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()) is { } outcome)
            await AppendAsync(EntryTypes.Decision, EntryIds.Decision(hash), new DecisionBody(hash, outcome), GovernanceJson.Default.DecisionBody);
        else if (proposal.Status == ProposalStatus.Deploying)
            await ConfigureAsync(hash, Stage.Promoted);
        else if (proposal.Status == ProposalStatus.Approved)
            await ConfigureAsync(hash, TierTable.Of(proposal.Act.Operation).HasCanary ? Stage.Canary : Stage.Promoted);
    }

    public Task WithdrawAsync(string hash, string member) => AppendAsync(
        EntryTypes.Withdrawal, EntryIds.Withdrawal(hash), new NoteBody(SignedAct.Sign(new Withdrawal(Name, hash, member), Key(member)).Note.ToString()), GovernanceJson.Default.NoteBody);

    public Task ConfigureAsync(string hash, Stage stage) =>
        AppendAsync(EntryTypes.Configuration, EntryIds.Configuration(stage, hash), new ConfigurationBody(stage, State.Next(stage, hash), hash), GovernanceJson.Default.ConfigurationBody);

    public void Cosign(int? witnesses = null)
    {
        var head = Log.SignHead();
        Head = head.With([.. _witnesses.Take(witnesses ?? _witnesses.Length).Select(w => Cosignature.Sign(w, head.Checkpoint, DateTimeOffset.UtcNow.ToUnixTimeSeconds()))]);
    }

    public async ValueTask DisposeAsync()
    {
        await Log.DisposeAsync();
        _folder.Dispose();
    }

    private static GovernanceState Reduce(GovernanceState state, Mesh.Ledger.Entries.LedgerEntry entry) =>
        state.Reduce(entry);
}
