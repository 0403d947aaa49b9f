using System.Collections.Immutable;
using System.Text.Json;
using Governance.Workflows.Deployment;
using Governance.Workflows.Evaluation;
using Governance.Workflows.Halting;
using Mesh.Governance;
using Mesh.Governance.Acts;
using Mesh.Governance.Operations;
using Mesh.Governance.State;
using Mesh.Ledger.Entries;

namespace Governance.Workflows.Ledger;

/// <summary>A report that an entry calls for and that is not there yet: whatever would write it has still to be done, or was lost.</summary>
/// <param name="Cause">The type of the entry.</param>
/// <param name="About">The id of the proposal, the halt or the resume.</param>
/// <param name="Note">Of a resume.</param>
internal sealed record FollowUp(string Cause, string About, string? Note = null);

/// <summary>Which reports are still to come, by their ids, and which resume ended which halt.</summary>
internal sealed record FollowUps(ImmutableDictionary<string, FollowUp> Awaited, ImmutableDictionary<string, string> EndedBy)
{
    public static FollowUps None { get; } = new(ImmutableDictionary<string, FollowUp>.Empty, ImmutableDictionary<string, string>.Empty);

    /// <param name="entry">One that the rules allowed.</param>
    public FollowUps After(LedgerEntry entry)
    {
        switch (entry.Type)
        {
            case EntryTypes.Report:
                return Awaited.ContainsKey(entry.Id) ? this with { Awaited = Awaited.Remove(entry.Id) } : this;
            case EntryTypes.Proposal:
                var proposal = SignedAct.Parse<Proposal>(NoteOf(entry));
                return proposal.Act.Operation is EvaluateRouting ? With(EntryIds.Report(proposal.Hash, EvaluationReportActivity.Step), new(entry.Type, proposal.Hash)) : this;
            case EntryTypes.Configuration:
                return entry.Body.Deserialize(GovernanceJson.Default.ConfigurationBody)!.Proposal is { } hash ? With(EntryIds.Report(hash, EntryIds.EffectStep), new(entry.Type, hash)) : this;
            case EntryTypes.Halt:
                var halt = SignedAct.Parse<HaltOrder>(NoteOf(entry));
                return With(EntryIds.Report(halt.Hash, HaltReportActivity.Step), new(entry.Type, halt.Hash));
            case EntryTypes.Resume:
                var resume = SignedAct.Parse<ResumeOrder>(NoteOf(entry));
                return With(EntryIds.Report(resume.Act.Halts[0], ResumeReportActivity.Step), new(entry.Type, resume.Hash, NoteOf(entry)))
                    with { EndedBy = EndedBy.AddRange(resume.Act.Halts.Select(id => KeyValuePair.Create(id, resume.Hash))) };
            default:
                return this;
        }
    }

    private FollowUps With(string report, FollowUp awaited) => this with { Awaited = Awaited.SetItem(report, awaited) };

    private static string NoteOf(LedgerEntry entry) => entry.Body.GetProperty("note").GetString()!;
}
