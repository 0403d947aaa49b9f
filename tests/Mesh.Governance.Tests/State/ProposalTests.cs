using System.Text.Json;
using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Members;
using Mesh.Governance.Operations;
using Mesh.Governance.State;
using Mesh.Governance.Tiers;
using static Mesh.Governance.Tests.People;

namespace Mesh.Governance.Tests.State;

public sealed class ProposalTests
{
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
}
