using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Tiers;
using Mesh.Ledger.Entries;

namespace Mesh.Governance.State;

/// <summary>Entries to be appended, with the ids that the rules ask for.</summary>
public static class Drafts
{
    /// <param name="log">The log's verifier key.</param>
    public static EntryDraft Genesis(MeshConfiguration configuration, string log) =>
        Of(EntryTypes.Genesis, EntryIds.Genesis, new(configuration, log), GovernanceJson.Default.GenesisBody);

    public static EntryDraft Proposal(SignedAct<Proposal> act) =>
        Of(EntryTypes.Proposal, EntryIds.Proposal(act.Hash), new(act.Note.ToString(), act.Hash, TierTable.Of(act.Act.Operation).Tier), GovernanceJson.Default.ProposalBody);

    /// <summary>The append of a second vote, which has the id of the first, answers with the first: compare the notes.</summary>
    public static EntryDraft Vote(SignedAct<Vote> act) => Note(EntryTypes.Vote, EntryIds.Vote(act.Act.Proposal, act.Act.Voter), act.Note.ToString());

    /// <param name="refused">What <see cref="GovernanceState.Refuses"/> says.</param>
    public static EntryDraft VoteRefused(SignedAct<Vote> act, ActRefusedException refused) =>
        Of(EntryTypes.VoteRefused, EntryIds.VoteRefused(act.Act, refused.Code), new(act.Note.ToString(), refused.Message), GovernanceJson.Default.RefusalBody);

    public static EntryDraft Withdrawal(SignedAct<Withdrawal> act) => Note(EntryTypes.Withdrawal, EntryIds.Withdrawal(act.Act.Proposal), act.Note.ToString());

    public static EntryDraft Decision(string proposal, Outcome outcome, string? reason = null) =>
        Of(EntryTypes.Decision, EntryIds.Decision(proposal), new(proposal, outcome, reason), GovernanceJson.Default.DecisionBody);

    /// <param name="id">The proposal's hash, for <see cref="Stage.HaltUndo"/> the halt's id.</param>
    /// <param name="configuration">What <see cref="GovernanceState.Next"/> says.</param>
    public static EntryDraft Configuration(Stage stage, string id, MeshConfiguration configuration) => Of(EntryTypes.Configuration, EntryIds.Configuration(stage, id),
        stage == Stage.HaltUndo ? new(stage, configuration, Halt: id) : new(stage, configuration, Proposal: id), GovernanceJson.Default.ConfigurationBody);

    /// <param name="step">Names the report among those about the same.</param>
    public static EntryDraft Report(ReportBody report, string step) =>
        Of(EntryTypes.Report, EntryIds.Report((report.Proposal ?? report.Halt)!, step), report, GovernanceJson.Default.ReportBody);

    public static EntryDraft Halt(SignedAct<HaltOrder> act) => Note(EntryTypes.Halt, EntryIds.Halt(act.Hash), act.Note.ToString());

    public static EntryDraft Resume(SignedAct<ResumeOrder> act) => Note(EntryTypes.Resume, EntryIds.Resume(act.Hash), act.Note.ToString());

    /// <summary>The append of a step that is there answers with the one that is there.</summary>
    public static EntryDraft Self(SignedAct<SelfStep> act) => Note(EntryTypes.Self, EntryIds.Self(act.Act), act.Note.ToString());

    private static EntryDraft Note(string type, string id, string note) => Of(type, id, new(note), GovernanceJson.Default.NoteBody);

    private static EntryDraft Of<T>(string type, string id, T body, JsonTypeInfo<T> json) => new(type, id, JsonSerializer.SerializeToElement(body, json));
}
