using System.Text.Json;
using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Members;
using Mesh.Governance.Operations;
using Mesh.Governance.State;
using Mesh.Governance.Tiers;
using Mesh.Ledger.Signing;
using static Mesh.Governance.Tests.People;

namespace Mesh.Governance.Tests.State;

public sealed class ProposalTests
{
    private static readonly Operation Rotate = new RotateKey("cam", Key("cam", 1).Verifier.Text);
    private static readonly Operation Raise = new SetEnsemble(new EnsembleSettings { K = 3 }), Two = new SetPhase(2);
    private readonly Chronicle _ledger = new();

    [Fact]
    public void A_minor_change_takes_two_of_three()
    {
        var proposal = _ledger.Propose(Dan, Raise);
        _ledger.Vote(proposal, Ada);
        _ledger.Refused(ActCode.NotApproved, () => _ledger.Decide(proposal, Outcome.Approved));
        _ledger.Vote(proposal, Ben, VoteChoice.Reject);
        _ledger.Refused(ActCode.NotApproved, () => _ledger.Decide(proposal, Outcome.Rejected));
        _ledger.Vote(proposal, Cam);
        _ledger.Refused(ActCode.NotApproved, () => _ledger.Decide(proposal, Outcome.Rejected));
        _ledger.Refused(ActCode.TooEarly, () => _ledger.Decide(proposal, Outcome.Expired));
        _ledger.Decide(proposal, Outcome.Approved);
        Assert.Equal(ProposalStatus.Approved, _ledger.State.Find(proposal).Status);
        _ledger.Refused(ActCode.Conflict, () => _ledger.Decide(proposal, Outcome.Approved));
    }

    [Fact]
    public void A_major_change_takes_all_and_its_review_whatever_its_proposer_says_of_its_age()
    {
        var old = SignedAct.Sign(_ledger.Draft(Dan, Two, 80_000) with { Created = Chronicle.Start - 7200 }, Dan);
        _ledger.Append(Drafts.Proposal(old));
        foreach (var voter in new[] { Ada, Ben, Cam })
        {
            _ledger.Refused(ActCode.NotApproved, () => _ledger.Decide(old.Hash, Outcome.Approved));
            _ledger.Vote(old.Hash, voter);
        }
        _ledger.Now += 3599.999;
        _ledger.Refused(ActCode.TooEarly, () => _ledger.Decide(old.Hash, Outcome.Approved));
        _ledger.Now += 0.001;
        _ledger.Decide(old.Hash, Outcome.Approved);
    }

    /// <summary>Votes before the deadline hold after it; nothing that has its quorum is lost to a slow clerk.</summary>
    [Fact]
    public void What_has_its_votes_in_time_does_not_expire()
    {
        var proposal = _ledger.Propose(Dan, Raise, seconds: 100);
        _ledger.Vote(proposal, Ada);
        _ledger.Vote(proposal, Ben);
        _ledger.Now += 1000;
        _ledger.Refused(ActCode.NotApproved, () => _ledger.Decide(proposal, Outcome.Expired));
        _ledger.Decide(proposal, Outcome.Approved);
    }

    [Fact]
    public void What_lacks_votes_at_its_deadline_expires()
    {
        var proposal = _ledger.Propose(Dan, Raise, seconds: 100);
        _ledger.Vote(proposal, Ada);
        _ledger.Now += 100;
        _ledger.Refused(ActCode.Late, () => _ledger.Vote(proposal, Ben));
        _ledger.Decide(proposal, Outcome.Expired);
        Assert.Equal(ProposalStatus.Expired, _ledger.State.Find(proposal).Status);
        Assert.Empty(_ledger.State.Unfinished);
    }

    [Fact]
    public void A_suggestion_takes_one_and_a_sandbox_none()
    {
        var suggestion = _ledger.Propose(Gil, new SuggestText("Ask more experts."));
        _ledger.Vote(suggestion, Cam);
        _ledger.Decide(suggestion, Outcome.Approved);
        var evaluation = _ledger.Propose(Gil, new EvaluateRouting(new EnsembleSettings { K = 2 }));
        Assert.Equal(ProposalStatus.Approved, _ledger.State.Find(evaluation).Status);
        _ledger.Refused(ActCode.Conflict, () => _ledger.Decide(evaluation, Outcome.Approved));
        _ledger.Refused(ActCode.Late, () => _ledger.Vote(evaluation, Cam));
        _ledger.Report(evaluation, failed: false);
        _ledger.Refused(ActCode.Invalid, () => _ledger.Configure(Stage.Promoted, evaluation));
        Assert.Empty(_ledger.State.Unfinished);
    }

    [Fact]
    public void Who_may_propose()
    {
        _ledger.Refused(ActCode.WrongRole, () => _ledger.Propose(Gil, Raise));
        _ledger.Refused(ActCode.WrongRole, () => _ledger.Propose(Dan, new RevokeMember("gil")));
        _ledger.Refused(ActCode.UnknownMember, () => _ledger.Propose(Key("zoe"), Raise));
        _ledger.Refused(ActCode.WrongSignature, () => _ledger.Propose(Key("dan", 1), Raise));
        _ledger.Propose(Fay, OperationSamples.ByKind["quarantine_expert"]);
    }

    [Fact]
    public void What_nobody_could_approve_is_not_taken_in()
    {
        var two = new Chronicle(Configuration with { Members = [Of(Ada, Role.Approver, Role.Admin, Role.Deployer), Of(Ben, Role.Approver), Of(Fay, Role.Oncall)] });
        two.Refused(ActCode.NotApproved, () => two.Propose(Ada, Raise));
        var alone = new Chronicle(Configuration with { Members = [Of(Ada, Role.Approver, Role.Admin, Role.Deployer)] });
        alone.Refused(ActCode.NotApproved, () => alone.Propose(Ada, Two));
    }

    [Fact]
    public void Times_and_twins_are_refused()
    {
        var draft = _ledger.Draft(Dan, Raise);
        Handed(draft);
        Assert.Equal(ActCode.Conflict, Assert.Throws<ActRefusedException>(() => Handed(draft)).Code);
        Assert.Equal(ActCode.Invalid, Assert.Throws<ActRefusedException>(() => Handed(draft with { Created = draft.Created + 301 })).Code);
        Assert.Equal(ActCode.Late, Assert.Throws<ActRefusedException>(() => Handed(draft with { Created = draft.Created - 10, Deadline = draft.Created })).Code);
        Assert.Equal(ActCode.Invalid, Assert.Throws<ActRefusedException>(() => Handed(draft with { Mesh = "other" })).Code);

        void Handed(Proposal proposal) => _ledger.Append(Drafts.Proposal(SignedAct.Sign(proposal, Dan)));
    }

    [Fact]
    public void The_ledger_says_the_tier_that_it_has()
    {
        var right = Drafts.Proposal(SignedAct.Sign(_ledger.Draft(Dan, Raise), Dan));
        var wrong = JsonSerializer.SerializeToElement(right.Body.Deserialize(GovernanceJson.Default.ProposalBody)! with { Tier = Tier.ReadOnly }, GovernanceJson.Default.ProposalBody);
        _ledger.Refused(ActCode.Invalid, () => _ledger.Append(right with { Body = wrong }));
        _ledger.Append(right);
    }

    [Fact]
    public void Only_the_proposer_takes_a_proposal_back_and_not_from_a_rejection()
    {
        var proposal = _ledger.Propose(Dan, Two);
        _ledger.Refused(ActCode.WrongRole, () => _ledger.Withdraw(proposal, Ada));
        _ledger.Refused(ActCode.NotApproved, () => _ledger.Decide(proposal, Outcome.Withdrawn));
        _ledger.Withdraw(proposal, Dan);
        _ledger.Refused(ActCode.Late, () => _ledger.Vote(proposal, Ada));
        _ledger.Decide(proposal, Outcome.Withdrawn);
        _ledger.Refused(ActCode.Conflict, () => _ledger.Decide(proposal, Outcome.Withdrawn));

        var rejected = _ledger.Propose(Dan, Two);
        _ledger.Vote(rejected, Ada, VoteChoice.Reject);
        _ledger.Refused(ActCode.Late, () => _ledger.Withdraw(rejected, Dan));
    }

    [Fact]
    public void A_rejected_major_change_makes_its_domain_read_only_until_it_is_lifted()
    {
        var waiting = _ledger.Approve(Dan, new SetPhase(1));
        var late = _ledger.Propose(Dan, new SetPhase(3));
        var rejected = _ledger.Propose(Dan, Two);
        _ledger.Vote(rejected, Ben, VoteChoice.Reject);
        _ledger.Decide(rejected, Outcome.Rejected);
        Assert.Equal(rejected, _ledger.State.Locked[Domain.Phase]);

        _ledger.Refused(ActCode.DomainReadOnly, () => _ledger.Propose(Dan, Two));
        _ledger.Refused(ActCode.DomainReadOnly, () => _ledger.Configure(Stage.Canary, waiting));
        foreach (var voter in new[] { Ada, Ben, Cam })
            _ledger.Vote(late, voter);
        _ledger.Now += 7200;
        _ledger.Refused(ActCode.DomainReadOnly, () => _ledger.Decide(late, Outcome.Approved));
        _ledger.Apply(Dan, Raise);

        _ledger.Refused(ActCode.Invalid, () => _ledger.Propose(Ada, new LiftDomain(Domain.Routing)));
        var refusedLift = _ledger.Propose(Ada, new LiftDomain(Domain.Phase));
        _ledger.Vote(refusedLift, Ben, VoteChoice.Reject);
        _ledger.Decide(refusedLift, Outcome.Rejected);
        Assert.True(_ledger.State.Locked.ContainsKey(Domain.Phase));

        _ledger.Configure(Stage.Lifted, _ledger.Approve(Ada, new LiftDomain(Domain.Phase)));
        Assert.Empty(_ledger.State.Locked);
        _ledger.Decide(late, Outcome.Approved);
        _ledger.Configure(Stage.Canary, waiting);
    }

    [Fact]
    public void A_rejected_minor_change_locks_nothing()
    {
        var proposal = _ledger.Propose(Dan, Raise);
        _ledger.Vote(proposal, Ada, VoteChoice.Reject);
        _ledger.Vote(proposal, Ben, VoteChoice.Reject);
        _ledger.Decide(proposal, Outcome.Rejected);
        Assert.Empty(_ledger.State.Locked);
    }

    [Fact]
    public void What_was_approved_can_fail_once()
    {
        var proposal = _ledger.Approve(Dan, Raise);
        _ledger.Report(proposal, failed: true);
        Assert.Equal(ProposalStatus.Failed, _ledger.State.Find(proposal).Status);
        _ledger.Refused(ActCode.NotApproved, () => _ledger.Configure(Stage.Canary, proposal));
        _ledger.Refused(ActCode.Conflict, () => _ledger.Report(proposal, failed: true));
    }

    [Fact]
    public void An_id_that_does_not_follow_from_its_entry_is_refused()
    {
        var proposal = _ledger.Propose(Dan, Raise);
        _ledger.Refused(ActCode.Invalid, () => _ledger.Append(Drafts.Decision(proposal, Outcome.Expired) with { Id = "decision/again" }));
        _ledger.Refused(ActCode.Invalid, () => _ledger.Append(Drafts.Decision(proposal, Outcome.Expired) with { Type = "rumour" }));
        _ledger.Refused(ActCode.Conflict, () => _ledger.Append(Drafts.Genesis(Configuration, Log.Verifier.Text)));
    }

    [Fact]
    public void Closed_proposals_are_forgotten_in_their_order()
    {
        var first = _ledger.Propose(Gil, OperationSamples.ByKind["evaluate_routing"]);
        var second = _ledger.Propose(Gil, OperationSamples.ByKind["evaluate_routing"]);
        var open = _ledger.Propose(Dan, Raise);
        for (var i = 0; i < GovernanceState.MostClosed - 1; i++)
            _ledger.Propose(Gil, OperationSamples.ByKind["evaluate_routing"]);
        Assert.False(_ledger.State.Proposals.ContainsKey(first));
        Assert.Equal(GovernanceState.MostClosed + 1, _ledger.State.Proposals.Count);
        Assert.Null(_ledger.State.Find(second).Note);
        Assert.NotNull(_ledger.State.Find(open).Note);
    }

    /// <summary>A key that is lost, or that somebody else has by now, is changed and revoked without itself.</summary>
    [Theory]
    [InlineData("revoke_member"), InlineData("set_roles"), InlineData("rotate_key")]
    public void Whom_a_change_is_about_has_no_part_in_it(string kind)
    {
        var operation = new Operation[] { new RevokeMember("cam"), new SetRoles("cam", [Role.Oncall]), Rotate }.Single(o => JsonSerializer.SerializeToElement(o, GovernanceJson.Default.Operation).GetProperty("kind").GetString() == kind);
        // What cam rejected does not keep the others from it.
        var other = _ledger.Propose(Ada, new AddMember(Of(Key("hal"))));
        _ledger.Vote(other, Cam, VoteChoice.Reject);
        _ledger.Decide(other, Outcome.Rejected);
        Assert.Equal([Domain.Members], _ledger.State.Locked.Keys);

        var proposal = _ledger.Propose(Ada, operation);
        _ledger.Refused(ActCode.OwnProposal, () => _ledger.Vote(proposal, Cam, VoteChoice.Reject));
        _ledger.Refused(ActCode.NotApproved, () => _ledger.Decide(proposal, Outcome.Approved));
        _ledger.Vote(proposal, Ben);
        _ledger.Now += 3600;
        _ledger.Decide(proposal, Outcome.Approved);
        _ledger.Configure(Stage.Promoted, proposal);
        Assert.NotEqual(Configuration.Find("cam"), _ledger.State.Configuration!.Find("cam"));
        var lift = _ledger.Propose(Ada, new LiftDomain(Domain.Members));
        _ledger.Vote(lift, Ben);
        if (kind == "rotate_key")
            _ledger.Vote(lift, Key("cam", 1));
        Assert.Equal(Standing.Approved, _ledger.State.Tally(_ledger.State.Find(lift)).Standing);
    }

    [Fact]
    public void A_change_of_a_member_takes_another_approver_and_its_rejection_locks_nothing()
    {
        var two = new Chronicle(Configuration with { Members = [Of(Ada, Role.Approver, Role.Admin), Of(Cam, Role.Approver), Of(Fay, Role.Oncall), Of(Gil, Role.Oncall)] });
        two.Refused(ActCode.NotApproved, () => two.Propose(Ada, Rotate));
        var rejected = _ledger.Propose(Ada, Rotate);
        _ledger.Vote(rejected, Ben, VoteChoice.Reject);
        _ledger.Decide(rejected, Outcome.Rejected);
        Assert.Empty(_ledger.State.Locked);
    }

    [Fact]
    public void A_key_is_one_person_s_for_ever()
    {
        var spare = new VerifierKey("hal", KeyKind.Note, Ada.Verifier.PublicKeyBytes).Text;
        _ledger.Apply(Ada, new RotateKey("gil", Key("gil", 1).Verifier.Text));
        _ledger.Refused(ActCode.Invalid, () => _ledger.Propose(Ada, new AddMember(new("hal", new VerifierKey("hal", KeyKind.Note, Gil.Verifier.PublicKeyBytes).Text, [Role.Approver]))));
        _ledger.Refused(ActCode.Invalid, () => _ledger.Propose(Ada, new RotateKey("cam", new VerifierKey("cam", KeyKind.Note, Gil.Verifier.PublicKeyBytes).Text)));
        // Proposed while the key was nobody's, it is looked at again when it is promoted.
        var early = _ledger.Approve(Ada, new AddMember(new("hal", new VerifierKey("hal", KeyKind.Note, Key("gil", 2).Verifier.PublicKeyBytes).Text, [])));
        _ledger.Apply(Ada, new RotateKey("gil", Key("gil", 2).Verifier.Text));
        _ledger.Apply(Ada, new RevokeMember("gil"));
        _ledger.Refused(ActCode.Invalid, () => _ledger.Configure(Stage.Promoted, early));
        _ledger.Refused(ActCode.Invalid, () => _ledger.Propose(Ada, new AddMember(new("hal", spare, []))));
    }

    /// <summary>What was not enough at the deadline is not made enough by fewer being needed later.</summary>
    [Theory]
    [InlineData(true), InlineData(false)]
    public void After_the_deadline_nothing_is_granted_that_had_not_its_votes_in_time(bool isByPolicy)
    {
        var lacking = _ledger.Propose(Dan, isByPolicy ? Raise : Two, seconds: 100);
        _ledger.Vote(lacking, Ada);
        if (!isByPolicy)
            _ledger.Vote(lacking, Ben);
        var complete = _ledger.Propose(Dan, Raise, seconds: 100);
        _ledger.Vote(complete, Ada);
        _ledger.Vote(complete, Ben);
        _ledger.Apply(Ada, isByPolicy ? new SetPolicy(Configuration.Policy with { MinorApprovals = 1 }) : new SetRoles("cam", [Role.Oncall]));
        Assert.Equal(Standing.Approved, _ledger.State.Tally(_ledger.State.Find(lacking)).Standing);
        _ledger.Refused(ActCode.NotApproved, () => _ledger.Decide(lacking, Outcome.Approved));
        _ledger.Decide(lacking, Outcome.Expired);
        _ledger.Decide(complete, Outcome.Approved);
    }

    [Fact]
    public void A_need_that_shrinks_in_time_counts()
    {
        var minor = _ledger.Propose(Dan, Raise, seconds: 80_000);
        _ledger.Vote(minor, Ada);
        _ledger.Apply(Ada, new SetPolicy(Configuration.Policy with { MinorApprovals = 1 }));
        _ledger.Now += 80_000;
        _ledger.Decide(minor, Outcome.Approved);
    }

    [Fact]
    public void An_approval_that_waits_for_its_review_outlives_the_deadline()
    {
        var proposal = _ledger.Propose(Dan, Two, seconds: 100);
        foreach (var voter in new[] { Ada, Ben, Cam })
            _ledger.Vote(proposal, voter);
        var (state, start) = (_ledger.State.Find(proposal), Chronicle.Start * 1000);
        Assert.Equal(start + 100_000, GovernanceState.NextLook(state, start));
        // Past the deadline it is looked at when the review ends, not at once and ever again.
        Assert.Equal(start + 3_600_000, GovernanceState.NextLook(state, start + 100_000));
        Assert.Null(GovernanceState.NextLook(state, start + 3_600_000));
        _ledger.Now += 200;
        _ledger.Refused(ActCode.NotApproved, () => _ledger.Decide(proposal, Outcome.Expired));
        _ledger.Refused(ActCode.TooEarly, () => _ledger.Decide(proposal, Outcome.Approved));
        _ledger.Now += 3400;
        _ledger.Decide(proposal, Outcome.Approved);
    }

    [Fact]
    public void What_is_approved_is_withdrawn_until_it_is_tried()
    {
        var waiting = _ledger.Approve(Dan, Raise);
        _ledger.Refused(ActCode.WrongRole, () => _ledger.Withdraw(waiting, Ada));
        _ledger.Withdraw(waiting, Dan);
        Assert.Equal(ProposalStatus.Withdrawn, _ledger.State.Find(waiting).Status);
        _ledger.Refused(ActCode.NotApproved, () => _ledger.Configure(Stage.Canary, waiting));
        _ledger.Report(waiting, failed: false);
        Assert.Empty(_ledger.State.Unfinished);

        var tried = _ledger.Approve(Dan, Raise);
        _ledger.Configure(Stage.Canary, tried);
        _ledger.Refused(ActCode.Late, () => _ledger.Withdraw(tried, Dan));
        var text = _ledger.Propose(Gil, new SuggestText("Ask more experts."));
        _ledger.Vote(text, Ada);
        _ledger.Decide(text, Outcome.Approved);
        _ledger.Refused(ActCode.Late, () => _ledger.Withdraw(text, Gil));
    }

    [Fact]
    public void Time_does_not_go_back()
    {
        _ledger.Propose(Dan, Raise);
        _ledger.Now -= 0.001;
        _ledger.Refused(ActCode.Invalid, () => _ledger.Propose(Dan, Two));
    }
}
