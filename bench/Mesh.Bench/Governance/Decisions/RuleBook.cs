using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Members;
using Mesh.Governance.Operations;
using Mesh.Governance.State;
using Mesh.Governance.Tiers;
using Mesh.Ledger.Entries;
using Mesh.Ledger.Signing;

namespace Mesh.Bench.Governance.Decisions;

/// <summary>A mesh of three people in memory, with some proposals open.</summary>
internal sealed class RuleBook
{
    private const string Mesh = "bench";
    private static readonly long Now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
    private readonly SigningKey _ada = SigningKey.Create("ada"), _ben = SigningKey.Create("ben"), _log = SigningKey.Create($"mesh/{Mesh}");
    private int _nonce;

    public RuleBook(int open)
    {
        using var cleo = SigningKey.Create("cleo");
        var configuration = new MeshConfiguration
        {
            Mesh = Mesh, Version = 1,
            Members = [Of(_ada, Role.Approver, Role.Deployer, Role.Admin), Of(_ben, Role.Approver, Role.Oncall), Of(cleo, Role.Approver, Role.Oncall)],
            Nodes = [new("router", SigningKey.Create("router").Verifier.As(KeyKind.Cosignature).Text, NodeKind.Router)],
        };
        State = State.Reduce(Entry(Drafts.Genesis(configuration, _log.Verifier.Text)));
        for (var n = 0; n < open; n++)
            State = State.Reduce(Entry(Drafts.Proposal(Last = Propose(new SuggestText("Be kind.")))));
    }

    public GovernanceState State { get; } = GovernanceState.Empty;

    /// <summary>The newest open proposal.</summary>
    public SignedAct<Proposal> Last { get; } = null!;

    public Member Proposer => State.Configuration!.Find("ada")!;

    public SignedAct<Proposal> Propose(Operation operation) => SignedAct.Sign(new Proposal(Mesh, "ada", operation, "A benchmark.", Now, Now + 3600, $"{++_nonce:x16}"), _ada);

    public SignedAct<Vote> Vote() => SignedAct.Sign(new Vote(Mesh, Last.Hash, VoteChoice.Approve, Last.Act.Deadline, "ben"), _ben);

    public SignedAct<HaltOrder> Halt() => SignedAct.Sign(new HaltOrder(Mesh, "ben", "A benchmark.", Now, $"{++_nonce:x16}"), _ben);

    public LedgerEntry Entry(EntryDraft draft) => LedgerEntry.Create(draft.Type, State.Size + 1, "governance", Now * 1000, draft.Id, draft.Body);

    private static Member Of(SigningKey key, params Role[] roles) => new(key.Name, key.Verifier.Text, roles);
}
