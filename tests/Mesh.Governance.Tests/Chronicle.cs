using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Operations;
using Mesh.Governance.State;
using Mesh.Governance.Tiers;
using Mesh.Ledger.Entries;
using Mesh.Ledger.Signing;

namespace Mesh.Governance.Tests;

/// <summary>A ledger in memory with a clock that tests set: what people do becomes entries, or is refused.</summary>
internal sealed class Chronicle
{
    /// <summary>Seconds since 1970.</summary>
    public const long Start = 1_800_000_000;
    private int _nonce;

    public Chronicle(MeshConfiguration? configuration = null) => Append(Drafts.Genesis(configuration ?? People.Configuration, People.Log.Verifier.Text));

    public GovernanceState State { get; private set; } = GovernanceState.Empty;

    public List<LedgerEntry> Entries { get; } = [];

    /// <summary>Seconds since 1970.</summary>
    public double Now { get; set; } = Start;

    public void Append(EntryDraft draft)
    {
        var entry = LedgerEntry.Create(draft.Type, Entries.Count + 1, "governance", (long)(Now * 1000), draft.Id, draft.Body);
        State = State.Reduce(entry);
        Entries.Add(entry);
    }

    public Proposal Draft(SigningKey proposer, Operation operation, long seconds = 7200) =>
        new(People.Mesh, proposer.Name, operation, "Because.", (long)Now, (long)Now + seconds, $"{++_nonce:x16}");

    /// <returns>The proposal's hash.</returns>
    public string Propose(SigningKey proposer, Operation operation, long seconds = 7200)
    {
        var signed = SignedAct.Sign(Draft(proposer, operation, seconds), proposer);
        Append(Drafts.Proposal(signed));
        return signed.Hash;
    }

    public Vote Ballot(string proposal, SigningKey voter, VoteChoice choice = VoteChoice.Approve) =>
        new(People.Mesh, proposal, choice, State.Find(proposal).Act.Deadline, voter.Name);

    public void Vote(string proposal, SigningKey voter, VoteChoice choice = VoteChoice.Approve) => Vote(SignedAct.Sign(Ballot(proposal, voter, choice), voter));

    public void Vote(SignedAct<Vote> vote) => Append(Drafts.Vote(vote));

    public void Withdraw(string proposal, SigningKey member) => Append(Drafts.Withdrawal(SignedAct.Sign(new Withdrawal(People.Mesh, proposal, member.Name), member)));

    public void Decide(string proposal, Outcome outcome) => Append(Drafts.Decision(proposal, outcome));

    /// <summary>Makes the version that the rules ask for.</summary>
    public void Configure(Stage stage, string id) => Configure(stage, id, State.Next(stage, id));

    public void Configure(Stage stage, string id, MeshConfiguration configuration) => Append(Drafts.Configuration(stage, id, configuration));

    public SelfStep Step(SigningKey member, string step, int run = 1) => new(People.Mesh, member.Name, $"{run:x16}", step, "It went so.", (long)Now);

    public void Record(SelfStep step, SigningKey signer) => Append(Drafts.Self(SignedAct.Sign(step, signer)));

    public void Report(string proposal, bool failed, string step = "end", string summary = "Done.") => Append(Drafts.Report(new(summary, proposal, Failed: failed), step));

    /// <returns>The halt's id.</returns>
    public string Halt(SigningKey requester)
    {
        var signed = SignedAct.Sign(new HaltOrder(People.Mesh, requester.Name, "Stop.", (long)Now, $"{++_nonce:x16}"), requester);
        Append(Drafts.Halt(signed));
        return signed.Hash;
    }

    public void Resume(IReadOnlyList<string> halts, params SigningKey[] signers)
    {
        var signed = SignedAct.Sign(new ResumeOrder(People.Mesh, halts, "Go on.", (long)Now, $"{++_nonce:x16}"), signers);
        Append(Drafts.Resume(signed));
    }

    /// <summary>The whole way of an operation, with the votes of everyone who may.</summary>
    /// <returns>The proposal's hash.</returns>
    public string Apply(SigningKey proposer, Operation operation)
    {
        var proposal = Approve(proposer, operation);
        if (TierTable.Of(operation).HasCanary)
            Configure(Stage.Canary, proposal);
        Configure(Stage.Promoted, proposal);
        return proposal;
    }

    /// <summary>Proposes, has everyone vote who may, waits for the review and decides.</summary>
    public string Approve(SigningKey proposer, Operation operation)
    {
        var proposal = Propose(proposer, operation);
        foreach (var voter in new[] { People.Ada, People.Ben, People.Cam })
            if (State.Configuration!.Find(voter.Name) is { } member && Approvals.MayVote(member, State.Find(proposal).Parties))
                Vote(proposal, voter);
        Now = Math.Max(Now, State.Find(proposal).ReviewEnds / 1000.0);
        Decide(proposal, Outcome.Approved);
        return proposal;
    }

    /// <summary>Asserts that something is refused and changes nothing.</summary>
    public void Refused(string code, Action act)
    {
        var before = State;
        Assert.Equal(code, Assert.Throws<ActRefusedException>(act).Code);
        Assert.Same(before, State);
    }
}
