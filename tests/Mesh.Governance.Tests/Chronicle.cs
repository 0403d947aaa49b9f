using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
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

    public Chronicle(MeshConfiguration? configuration = null) =>
        Append(EntryTypes.Genesis, EntryIds.Genesis, new(configuration ?? People.Configuration, People.Log.Verifier.Text), GovernanceJson.Default.GenesisBody);

    public GovernanceState State { get; private set; } = GovernanceState.Empty;

    public List<LedgerEntry> Entries { get; } = [];

    /// <summary>Seconds since 1970.</summary>
    public double Now { get; set; } = Start;

    public void Append<T>(string type, string id, T body, JsonTypeInfo<T> json)
    {
        var entry = LedgerEntry.Create(type, Entries.Count + 1, "governance", (long)(Now * 1000), id, JsonSerializer.SerializeToElement(body, json));
        State = State.Reduce(entry);
        Entries.Add(entry);
    }

    public Proposal Draft(SigningKey proposer, Operation operation, long seconds = 7200) =>
        new(People.Mesh, proposer.Name, operation, "Because.", (long)Now, (long)Now + seconds, $"{++_nonce:x16}");

    /// <returns>The proposal's hash.</returns>
    public string Propose(SigningKey proposer, Operation operation, long seconds = 7200)
    {
        var signed = SignedAct.Sign(Draft(proposer, operation, seconds), proposer);
        Append(EntryTypes.Proposal, EntryIds.Proposal(signed.Hash), new(signed.Note.ToString(), signed.Hash, TierTable.Of(operation).Tier), GovernanceJson.Default.ProposalBody);
        return signed.Hash;
    }

    public Vote Ballot(string proposal, SigningKey voter, VoteChoice choice = VoteChoice.Approve) =>
        new(People.Mesh, proposal, choice, State.Find(proposal).Act.Deadline, voter.Name);

    public void Vote(string proposal, SigningKey voter, VoteChoice choice = VoteChoice.Approve) => Vote(SignedAct.Sign(Ballot(proposal, voter, choice), voter));

    public void Vote(SignedAct<Vote> vote) => Append(EntryTypes.Vote, EntryIds.Vote(vote.Act.Proposal, vote.Act.Voter), new(vote.Note.ToString()), GovernanceJson.Default.NoteBody);

    public void Withdraw(string proposal, SigningKey member)
    {
        var note = SignedAct.Sign(new Withdrawal(People.Mesh, proposal, member.Name), member).Note;
        Append(EntryTypes.Withdrawal, EntryIds.Withdrawal(proposal), new(note.ToString()), GovernanceJson.Default.NoteBody);
    }

    public void Decide(string proposal, Outcome outcome) =>
        Append(EntryTypes.Decision, EntryIds.Decision(proposal), new(proposal, outcome), GovernanceJson.Default.DecisionBody);

    /// <summary>Makes the version that the rules ask for.</summary>
    public void Configure(Stage stage, string id) => Configure(stage, id, State.Next(stage, id));

    public void Configure(Stage stage, string id, MeshConfiguration configuration) => Append(EntryTypes.Configuration, EntryIds.Configuration(stage, id),
        new(stage, configuration, stage == Stage.HaltUndo ? null : id, stage == Stage.HaltUndo ? id : null), GovernanceJson.Default.ConfigurationBody);

    public void Report(string proposal, bool failed) =>
        Append(EntryTypes.Report, EntryIds.Report(proposal, "end"), new("Done.", proposal, Failed: failed), GovernanceJson.Default.ReportBody);

    /// <returns>The halt's id.</returns>
    public string Halt(SigningKey requester)
    {
        var signed = SignedAct.Sign(new HaltOrder(People.Mesh, requester.Name, "Stop.", (long)Now, $"{++_nonce:x16}"), requester);
        Append(EntryTypes.Halt, EntryIds.Halt(signed.Hash), new(signed.Note.ToString()), GovernanceJson.Default.NoteBody);
        return signed.Hash;
    }

    public void Resume(IReadOnlyList<string> halts, params SigningKey[] signers)
    {
        var signed = SignedAct.Sign(new ResumeOrder(People.Mesh, halts, "Go on.", (long)Now, $"{++_nonce:x16}"), signers);
        Append(EntryTypes.Resume, EntryIds.Resume(signed.Hash), new(signed.Note.ToString()), GovernanceJson.Default.NoteBody);
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
            if (voter != proposer)
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
