using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Operations;
using Mesh.Governance.State;
using Mesh.Ledger.Signing;
using static Mesh.Governance.Tests.People;

namespace Mesh.Governance.Tests.State;

public sealed class VoteTests
{
    private readonly Chronicle _ledger = new();
    private readonly string _proposal;

    public VoteTests() => _proposal = _ledger.Propose(Ben, new SetEnsemble(new EnsembleSettings { K = 3 }));

    [Fact]
    public void Hostile_votes_do_not_count_and_are_on_record()
    {
        var vote = _ledger.Ballot(_proposal, Ada);
        Hostile(ActCode.OwnProposal, _ledger.Ballot(_proposal, Ben), Ben);
        Hostile(ActCode.WrongRole, _ledger.Ballot(_proposal, Dan), Dan);
        Hostile(ActCode.WrongSignature, vote, Ben);
        Hostile(ActCode.WrongSignature, vote, Key("ada", generation: 1));
        Hostile(ActCode.Invalid, vote with { Mesh = "other" }, Ada);
        Hostile(ActCode.Invalid, vote with { Deadline = vote.Deadline + 1 }, Ada);
        Assert.Equal(6, _ledger.State.Refusals.Count);
        Assert.Empty(_ledger.State.Find(_proposal).Votes);
    }

    [Fact]
    public void A_vote_with_another_s_signature_under_its_name_is_forged()
    {
        var text = SignedAct.Sign(_ledger.Ballot(_proposal, Ada), Ada).Note.Text;
        var forged = SignedNote.Sign(text, Cam).Signatures[0];
        var note = new SignedNote(text, [new("ada", [.. Convert.FromHexString(Ada.Verifier.Hash), .. forged.Signature])]);
        _ledger.Refused(ActCode.WrongSignature, () => _ledger.Vote(SignedAct.Parse<Vote>(note.ToString())));
    }

    [Fact]
    public void A_vote_for_one_proposal_is_none_for_another()
    {
        var other = _ledger.Propose(Ben, new SetEnsemble(new EnsembleSettings { K = 2 }));
        var vote = SignedAct.Sign(_ledger.Ballot(_proposal, Ada), Ada);
        _ledger.Refused(ActCode.Invalid, () => _ledger.Append(Drafts.Vote(vote) with { Id = EntryIds.Vote(other, "ada") }));
        // Its text is changed to the other proposal's hash: nobody signed that.
        _ledger.Refused(ActCode.WrongSignature, () => _ledger.Vote(SignedAct.Parse<Vote>(vote.Note.ToString().Replace(_proposal, other))));
    }

    [Fact]
    public void Nobody_votes_twice_or_late()
    {
        _ledger.Vote(_proposal, Ada);
        _ledger.Refused(ActCode.DoubleVote, () => _ledger.Vote(_proposal, Ada));
        Hostile(ActCode.DoubleVote, _ledger.Ballot(_proposal, Ada, VoteChoice.Reject), Ada);
        _ledger.Now = _ledger.State.Find(_proposal).Act.Deadline - 0.001;
        _ledger.Vote(_proposal, Cam);
        _ledger.Decide(_proposal, Outcome.Approved);
        var expired = _ledger.Propose(Ben, new SetEnsemble(new EnsembleSettings { K = 3 }), seconds: 10);
        _ledger.Now += 10;
        Hostile(ActCode.Late, _ledger.Ballot(expired, Cam), Cam);
    }

    [Fact]
    public void A_vote_that_counts_cannot_be_recorded_as_refused()
    {
        var vote = SignedAct.Sign(_ledger.Ballot(_proposal, Ada), Ada);
        _ledger.Refused(ActCode.Conflict, () => _ledger.Append(Drafts.VoteRefused(vote, new(ActCode.Late, "We do not like it."))));
    }

    /// <summary>Anybody can make up votes without end: of those that are no member's there is one record for each reason, and of those on nothing or of nobody none.</summary>
    [Fact]
    public void Forged_votes_do_not_fill_the_ledger()
    {
        var vote = _ledger.Ballot(_proposal, Ada);
        var ids = new[] { vote, vote with { Choice = VoteChoice.Reject }, vote with { Reason = "Once more." }, vote with { Deadline = vote.Deadline + 1 } }
            .Select(v => SignedAct.Sign(v, Key("zoe"))).Select(v => Drafts.VoteRefused(v, _ledger.State.Refuses(v, 0)!).Id);
        Assert.Equal($"vote_refused/{_proposal}/ada/{ActCode.WrongSignature}", Assert.Single(ids.Distinct()));
        // The same text with another line below is not another vote.
        var doubled = SignedAct.Sign(vote, Ada, Key("zoe"));
        _ledger.Vote(_proposal, Ada);
        Assert.Equal($"vote_refused/{_proposal}/ada/{ActCode.DoubleVote}", Drafts.VoteRefused(doubled, _ledger.State.Refuses(doubled, 0)!).Id);

        Unrecorded(ActCode.UnknownMember, _ledger.Ballot(_proposal, Key("zoe")), Key("zoe"));
        Unrecorded(ActCode.NotFound, vote with { Proposal = new('0', 64) }, Ada);
        var forged = SignedAct.Sign(vote, Ben);
        _ledger.Refused(ActCode.Invalid, () => _ledger.Append(Drafts.VoteRefused(forged, new(ActCode.Late, "It is late."))));

        void Unrecorded(string code, Vote vote, SigningKey key)
        {
            var signed = SignedAct.Sign(vote, key);
            _ledger.Refused(code, () => _ledger.Append(Drafts.VoteRefused(signed, _ledger.State.Refuses(signed, 0)!)));
        }
    }

    [Fact]
    public void Votes_of_a_key_that_was_changed_are_none()
    {
        var major = _ledger.Propose(Dan, new SetPhase(2), seconds: 80_000);
        foreach (var voter in new[] { Ada, Ben, Cam })
            _ledger.Vote(major, voter);
        _ledger.Apply(Ada, new RotateKey("cam", Key("cam", generation: 1).Verifier.Text));
        _ledger.Refused(ActCode.NotApproved, () => _ledger.Decide(major, Outcome.Approved));
        var next = _ledger.Propose(Ben, new SetEnsemble(new EnsembleSettings { K = 3 }));
        _ledger.Refused(ActCode.WrongSignature, () => _ledger.Vote(next, Cam));
        _ledger.Vote(next, Key("cam", generation: 1));
    }

    [Fact]
    public void Votes_of_who_is_no_member_any_more_are_none()
    {
        var minor = _ledger.Propose(Dan, new SetEnsemble(new EnsembleSettings { K = 3 }), seconds: 80_000);
        _ledger.Vote(minor, Cam);
        _ledger.Vote(minor, Ben);
        _ledger.Apply(Ada, new RevokeMember("cam"));
        _ledger.Refused(ActCode.NotApproved, () => _ledger.Decide(minor, Outcome.Approved));
        var next = _ledger.Propose(Ben, new SuggestText("Two are left."));
        _ledger.Refused(ActCode.UnknownMember, () => _ledger.Vote(next, Cam));
    }

    /// <summary>Refused as a vote, and taken as the record of it.</summary>
    private void Hostile(string code, Vote vote, SigningKey key)
    {
        var signed = SignedAct.Sign(vote, key);
        _ledger.Refused(code, () => _ledger.Vote(signed));
        _ledger.Append(Drafts.VoteRefused(signed, _ledger.State.Refuses(signed, (long)(_ledger.Now * 1000))!));
        Assert.Equal((code, vote.Voter), (_ledger.State.Refusals[^1].Code, _ledger.State.Refusals[^1].Voter));
    }
}
