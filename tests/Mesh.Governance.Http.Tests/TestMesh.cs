using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Mesh.Chorus.Witnesses;
using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Http.Configurations;
using Mesh.Governance.Http.Genesis;
using Mesh.Governance.Members;
using Mesh.Governance.State;
using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Entries;
using Mesh.Ledger.Proofs;
using Mesh.Ledger.Signing;
using Mesh.Ledger.Tree;

namespace Mesh.Governance.Http.Tests;

/// <summary>People, a log in memory, and the keys of two witnesses that need no process; with a node under test a quorum is any two of the three.</summary>
internal sealed class TestMesh
{
    public const string Name = "test";
    public static readonly SigningKey Ada = Key("ada"), Ben = Key("ben"), Cam = Key("cam"), Fay = Key("fay"), Gil = Key("gil");
    private readonly List<LedgerEntry> _entries = [];
    private int _nonce;

    public SigningKey Log { get; init; } = Key($"mesh/{Name}");

    public SigningKey One { get; } = Key("one");

    public SigningKey Two { get; } = Key("two");

    public static SigningKey Key(string name, int generation = 0) => SigningKey.FromSeed(name, SHA256.HashData(Encoding.UTF8.GetBytes($"{name}/{generation}")));

    public MeshConfiguration Configuration(params MeshNode[] nodes) => new()
    {
        Mesh = Name,
        Version = 1,
        Members = [Member(Ada, Role.Approver, Role.Admin), Member(Ben, Role.Approver), Member(Cam, Role.Approver, Role.Oncall), Member(Fay, Role.Oncall), Member(Gil)],
        Nodes = [Node(One), Node(Two), .. nodes],
    };

    public GenesisDocument Genesis(params MeshNode[] nodes) => new(Name, Log.Verifier.Text, Configuration(nodes));

    public static Member Member(SigningKey key, params Role[] roles) => new(key.Name, key.Verifier.Text, roles);

    public static MeshNode Node(SigningKey key) => new(key.Name, key.Verifier.As(KeyKind.Cosignature).Text, NodeKind.Worker);

    public TestMesh Append(string type = "report", JsonElement? body = null)
    {
        _entries.Add(LedgerEntry.Create(type, _entries.Count + 1, "governance", 0, $"{type}/{_entries.Count}", body ?? JsonElement.Parse("{}")));
        return this;
    }

    public TestMesh Append(MeshConfiguration configuration) =>
        Append(EntryTypes.Configuration, JsonSerializer.SerializeToElement(new ConfigurationBody(Stage.Promoted, configuration), GovernanceJson.Default.ConfigurationBody));

    public long Size => _entries.Count;

    public TestMesh Fork()
    {
        var fork = new TestMesh();
        fork._entries.AddRange(_entries);
        return fork;
    }

    public Checkpoint Head() => new(Log.Name, Size, Root(new(0, Size)));

    public AddCheckpoint Ask(long oldSize) => new(oldSize, [.. MerkleTree.ConsistencyPath(oldSize, Size).Select(Root)], SignedCheckpoint.Sign(Head(), Log));

    /// <summary>The head with the cosignatures of these witnesses at this time.</summary>
    public SignedCheckpoint Cosigned(DateTimeOffset time, params SigningKey[] witnesses) =>
        SignedCheckpoint.Sign(Head(), Log).With([.. witnesses.Select(w => Cosignature.Sign(w, Head(), time.ToUnixTimeSeconds()))]);

    /// <summary>Of the last entry.</summary>
    public ConfigurationReceipt Receipt(DateTimeOffset time, params SigningKey[] witnesses) =>
        ConfigurationReceipt.Of(_entries[^1], new LedgerProof(Size - 1, [.. MerkleTree.InclusionPath(Size - 1, Size).Select(Root)], Cosigned(time, witnesses)));

    public SignedAct<HaltOrder> Halt(SigningKey requester, SigningKey? signer = null, string mesh = Name) =>
        SignedAct.Sign(new HaltOrder(mesh, requester.Name, "Stop.", 1_800_000_000, $"{++_nonce:x16}"), signer ?? requester);

    public string Resume(IReadOnlyList<string> halts, params SigningKey[] signers) =>
        SignedAct.Sign(new ResumeOrder(Name, halts, "All is well.", 1_800_000_000, $"{++_nonce:x16}"), signers).Note.ToString();

    private Hash Root(LeafRange range) => MerkleTree.Root(_entries.GetRange((int)range.Start, (int)(range.End - range.Start)).Select(e => e.LeafHash).ToArray());
}
