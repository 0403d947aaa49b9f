using Mesh.Contracts.Experts;
using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Members;
using Mesh.Governance.Operations;
using Mesh.Governance.State;
using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Entries;
using Mesh.Ledger.Signing;
using Mesh.Ledger.Tree;
using static Mesh.Governance.Tests.People;

namespace Mesh.Governance.Tests.State;

public sealed class ConfigurationTests
{
    private static readonly Operation Raise = new SetEnsemble(new EnsembleSettings { K = 3 }), Lower = new SetEnsemble(new EnsembleSettings { K = 2 });
    private readonly Chronicle _ledger = new();

    private MeshConfiguration Now => _ledger.State.Configuration!;

    [Fact]
    public void A_change_is_tried_and_then_promoted()
    {
        var before = Now;
        var proposal = _ledger.Approve(Dan, Raise);
        _ledger.Refused(ActCode.NotApproved, () => _ledger.Configure(Stage.Promoted, proposal));
        _ledger.Configure(Stage.Canary, proposal);
        Assert.Equal((2, before.Routing, 0.1, proposal), (Now.Version, Now.Routing, Now.Canary!.Share, Now.Canary.Proposal));
        Assert.Equal(3, Now.Canary.Routing.Ensemble.K);
        _ledger.Refused(ActCode.NotApproved, () => _ledger.Configure(Stage.Canary, proposal));
        _ledger.Configure(Stage.Promoted, proposal);
        Assert.Equal(before with { Version = 3, Routing = before.Routing with { Ensemble = new EnsembleSettings { K = 3 } } }, Now);
        Assert.Equal(ProposalStatus.Promoted, _ledger.State.Find(proposal).Status);
        _ledger.Refused(ActCode.NotApproved, () => _ledger.Configure(Stage.Promoted, proposal));
        _ledger.Refused(ActCode.Conflict, () => _ledger.Configure(Stage.Undone, proposal));
        var applied = Assert.Single(_ledger.State.History);
        Assert.Equal((before.Routing, Now), (applied.Before.Routing, applied.After));
    }

    [Fact]
    public void A_canary_is_undone()
    {
        var before = Now;
        var proposal = _ledger.Approve(Dan, Raise);
        _ledger.Configure(Stage.Canary, proposal);
        _ledger.Refused(ActCode.Conflict, () => _ledger.Report(proposal, failed: true));
        _ledger.Configure(Stage.Undone, proposal);
        Assert.Equal(before with { Version = 3 }, Now);
        Assert.Equal(ProposalStatus.Undone, _ledger.State.Find(proposal).Status);
        Assert.Empty(_ledger.State.History);
        _ledger.Refused(ActCode.NotApproved, () => _ledger.Configure(Stage.Canary, proposal));
    }

    [Fact]
    public void What_is_not_approved_changes_nothing()
    {
        var proposal = _ledger.Propose(Dan, Raise);
        _ledger.Vote(proposal, Ada);
        _ledger.Vote(proposal, Ben);
        _ledger.Refused(ActCode.NotApproved, () => _ledger.Configure(Stage.Canary, proposal));
        _ledger.Refused(ActCode.NotApproved, () => _ledger.Configure(Stage.Promoted, proposal));
        _ledger.Refused(ActCode.NotFound, () => _ledger.Configure(Stage.Canary, new('0', 64)));
    }

    [Fact]
    public void One_canary_at_a_time()
    {
        var (one, two) = (_ledger.Approve(Dan, Raise), _ledger.Approve(Dan, Lower));
        _ledger.Configure(Stage.Canary, one);
        _ledger.Refused(ActCode.Conflict, () => _ledger.Configure(Stage.Canary, two));
        _ledger.Refused(ActCode.NotApproved, () => _ledger.Configure(Stage.Promoted, two));
    }

    /// <summary>A key that somebody else may have had is taken away: what it voted for is not carried out.</summary>
    [Theory]
    [InlineData(true), InlineData(false)]
    public void An_approval_ends_with_the_keys_that_made_it(bool isRevoked)
    {
        var (waiting, tried) = (_ledger.Propose(Dan, Lower, seconds: 80_000), _ledger.Propose(Dan, Raise, seconds: 80_000));
        foreach (var proposal in new[] { waiting, tried })
        {
            _ledger.Vote(proposal, Ada);
            _ledger.Vote(proposal, Cam);
            _ledger.Decide(proposal, Outcome.Approved);
        }
        _ledger.Configure(Stage.Canary, tried);
        _ledger.Apply(Ada, isRevoked ? new RevokeMember("cam") : new RotateKey("cam", Key("cam", generation: 1).Verifier.Text));
        _ledger.Refused(ActCode.NotApproved, () => _ledger.Configure(Stage.Promoted, tried));
        // Not for the canary that is in its way, which it could wait for.
        _ledger.Refused(ActCode.NotApproved, () => _ledger.Configure(Stage.Canary, waiting));
        _ledger.Configure(Stage.Undone, tried);
        _ledger.Report(waiting, failed: true);
        Assert.Empty(_ledger.State.Unfinished);
    }

    [Fact]
    public void A_lift_ends_with_the_keys_that_approved_it()
    {
        var rejected = _ledger.Propose(Dan, new SetPhase(2));
        _ledger.Vote(rejected, Ben, VoteChoice.Reject);
        _ledger.Decide(rejected, Outcome.Rejected);
        var (lift, again) = (_ledger.Approve(Ada, new LiftDomain(Domain.Phase)), _ledger.Approve(Ada, new LiftDomain(Domain.Phase)));
        _ledger.Apply(Ada, new RotateKey("cam", Key("cam", generation: 1).Verifier.Text));
        _ledger.Refused(ActCode.NotApproved, () => _ledger.Configure(Stage.Lifted, lift));
        _ledger.Refused(ActCode.NotApproved, () => _ledger.Configure(Stage.Promoted, again));
    }

    [Fact]
    public void How_long_a_change_is_tried_counts_from_its_canary()
    {
        var (first, second) = (_ledger.Approve(Dan, Raise), _ledger.Approve(Dan, Lower));
        _ledger.Configure(Stage.Canary, first);
        Assert.Equal(_ledger.State.Time, _ledger.State.Find(first).Tried);
        _ledger.Now += 3000;
        Assert.Null(_ledger.State.Find(second).Tried);
        _ledger.Configure(Stage.Undone, first);
        _ledger.Configure(Stage.Canary, second);
        Assert.Equal((long)(_ledger.Now * 1000), _ledger.State.Find(second).Tried);
    }

    [Fact]
    public void There_are_no_more_nodes_than_a_checkpoint_has_room_for()
    {
        var full = Configuration with { Nodes = [.. Enumerable.Range(1, ConfigurationCheck.MostNodes).Select(i => Node($"worker-{i}", NodeKind.Worker))] };
        Assert.Empty(ConfigurationCheck.Faults(full));
        Assert.Contains("63", Assert.Single(ConfigurationCheck.Faults(full with { Nodes = [.. full.Nodes, Node("worker-64", NodeKind.Worker)] })));
        var checkpoint = new Checkpoint(Log.Name, 0, MerkleTree.Empty);
        var head = SignedCheckpoint.Sign(checkpoint, Log).With([.. full.Nodes.Select(n => Cosignature.Sign(Key(n.Name), checkpoint, 1))]);
        Assert.True(full.Witnesses.IsMet(SignedCheckpoint.Parse(head.ToString())));
    }

    [Fact]
    public void A_version_that_does_not_follow_is_refused()
    {
        var proposal = _ledger.Approve(Dan, Raise);
        var next = _ledger.State.Next(Stage.Canary, proposal);
        MeshConfiguration[] wrong =
        [
            next with { Version = 1 }, next with { Version = 3 }, next with { Canary = null }, next with { Routing = next.Canary!.Routing },
            next with { Canary = next.Canary with { Share = 1 } }, next with { Members = [Of(Dan, Role.Approver, Role.Deployer, Role.Admin)] }, next with { Policy = next.Policy with { MinorApprovals = 1 } },
            next with { Members = null! }, next with { Members = [null!] },
        ];
        foreach (var configuration in wrong[..^2])
            _ledger.Refused(ActCode.Conflict, () => _ledger.Configure(Stage.Canary, proposal, configuration));
        foreach (var configuration in wrong[^2..])
            Assert.Contains(Assert.Throws<ActRefusedException>(() => _ledger.Configure(Stage.Canary, proposal, configuration)).Code, new[] { ActCode.Invalid, ActCode.Conflict });
        _ledger.Configure(Stage.Canary, proposal, next);
    }

    [Fact]
    public void People_and_quarantines_change_beside_a_canary()
    {
        var proposal = _ledger.Approve(Dan, Raise);
        _ledger.Configure(Stage.Canary, proposal);
        _ledger.Apply(Ada, new AddMember(Of(Key("hal"), Role.Deployer)));
        _ledger.Apply(Fay, new QuarantineExpert(ExpertId.Parse("unix"), "It drifts."));
        Assert.Equal(proposal, Now.Canary!.Proposal);
        _ledger.Configure(Stage.Promoted, proposal);
        Assert.Equal(3, Now.Routing.Ensemble.K);
        Assert.Equal(["unix"], Now.Routing.Experts.Quarantined.Select(e => e.Value));
        Assert.NotNull(Now.Find("hal"));
        Assert.Equal([1L, 2, 3, 4, 5], new[] { 1L }.Concat(_ledger.Entries.Where(e => e.Type == EntryTypes.Configuration).Select(e => e.Body.GetProperty("configuration").GetProperty("version").GetInt64())));
    }

    [Fact]
    public void What_was_true_when_it_was_proposed_is_checked_again()
    {
        var (one, two) = (_ledger.Approve(Ada, new RevokeMember("gil")), _ledger.Approve(Ada, new RevokeMember("gil")));
        _ledger.Configure(Stage.Promoted, one);
        _ledger.Refused(ActCode.Invalid, () => _ledger.Configure(Stage.Promoted, two));
        _ledger.Report(two, failed: true);
    }

    [Fact]
    public void A_signature_over_a_gate_file_is_checked_when_it_is_used()
    {
        var hash = new string('b', 64);
        var gate = _ledger.Approve(Dan, new SetGate(hash, SignedAct.Sign(new ArtifactStatement(People.Mesh, hash), Eve).Note.ToString()));
        _ledger.Apply(Ada, new RevokeMember("eve"));
        _ledger.Refused(ActCode.WrongSignature, () => _ledger.Configure(Stage.Canary, gate));
    }

    [Fact]
    public void A_wrong_genesis_is_refused()
    {
        Refused(Configuration with { Version = 2 }, Log);
        Refused(Configuration with { Canary = new(0.1, new('a', 64), new()) }, Log);
        Refused(Configuration with { Members = [] }, Log);
        Refused(Configuration with { Members = [.. Configuration.Members, Of(Ada)] }, Log);
        Refused(Configuration with { Members = [Of(Ada, Role.Signer, Role.Approver)] }, Log);
        Refused(Configuration with { Mesh = "other" }, Log);
        Refused(Configuration with { Mesh = "a b" }, Key("mesh/ab"));
        Refused(Configuration, Key("mesh"));

        static void Refused(MeshConfiguration configuration, SigningKey log)
        {
            var draft = Drafts.Genesis(configuration, log.Verifier.Text);
            var entry = LedgerEntry.Create(draft.Type, 1, "governance", 0, draft.Id, draft.Body);
            Assert.Equal(ActCode.Invalid, Assert.Throws<ActRefusedException>(() => GovernanceState.Empty.Reduce(entry)).Code);
        }
    }

    [Fact]
    public void Nothing_comes_before_the_genesis()
    {
        _ledger.Apply(Dan, Raise);
        _ledger.Halt(Fay);
        Assert.All(_ledger.Entries.Skip(1), e => Assert.Throws<ActRefusedException>(() => GovernanceState.Empty.Reduce(e)));
    }

    [Fact]
    public void The_same_entries_make_the_same_state()
    {
        _ledger.Apply(Dan, Raise);
        _ledger.Halt(Fay);
        var again = _ledger.Entries.Aggregate(GovernanceState.Empty, (state, entry) => state.Reduce(entry));
        Assert.Equal(_ledger.State.Configuration, again.Configuration);
        Assert.Equal(_ledger.State.Halts.Keys, again.Halts.Keys);
        Assert.Equal(_ledger.State.Proposals.Values.Select(p => (p.Hash, p.Status)), again.Proposals.Values.Select(p => (p.Hash, p.Status)));
    }

    /// <summary>One expert alone is worse than several on purpose; a ledger in which it was tried first is as good.</summary>
    [Fact]
    public void Phase_0_is_promoted_with_or_without_a_canary_and_other_phases_from_theirs()
    {
        var down = _ledger.Approve(Dan, new SetPhase(0));
        _ledger.Configure(Stage.Promoted, down);
        Assert.Equal((0, ProposalStatus.Promoted), (Now.Routing.Phase, _ledger.State.Find(down).Status));
        var up = _ledger.Approve(Dan, new SetPhase(2));
        _ledger.Refused(ActCode.NotApproved, () => _ledger.Configure(Stage.Promoted, up));
        _ledger.Configure(Stage.Canary, up);
        _ledger.Configure(Stage.Promoted, up);
        var again = _ledger.Approve(Dan, new SetPhase(0));
        _ledger.Configure(Stage.Canary, again);
        _ledger.Configure(Stage.Promoted, again);
        Assert.Equal(0, Now.Routing.Phase);
    }

    [Fact]
    public void Why_a_change_ended_is_still_said_when_its_effect_is_reported()
    {
        var proposal = _ledger.Approve(Dan, Raise);
        _ledger.Configure(Stage.Canary, proposal);
        _ledger.Configure(Stage.Undone, proposal);
        _ledger.Report(proposal, failed: false, summary: "It was slower.");
        _ledger.Report(proposal, failed: false, EntryIds.EffectStep, "All nodes run version 3.");
        Assert.Equal(("It was slower.", "All nodes run version 3."), (_ledger.State.Find(proposal).Reason, _ledger.State.Find(proposal).Effect));
    }
}
