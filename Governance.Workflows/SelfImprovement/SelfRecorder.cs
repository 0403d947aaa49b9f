using Governance.Workflows.Ledger;
using Mesh.Governance;
using Mesh.Governance.Acts;
using Mesh.Governance.State;
using Mesh.Ledger;

namespace Governance.Workflows.SelfImprovement;

/// <summary>Writes steps of self-improvement into the ledger and reads them there.</summary>
internal sealed class SelfRecorder(GovernanceLedger ledger)
{
    /// <summary>A program that died between its step and the answer says the step again, perhaps in other words: what stands there is answered.</summary>
    /// <exception cref="ActRefusedException">The rules refuse it, or the step is another member's.</exception>
    public async Task<SelfStepView> RecordAsync(string note, CancellationToken cancellationToken)
    {
        var act = SignedAct.Parse<SelfStep>(note).Act;
        var recorded = await ledger.AppendAsync(EntryTypes.Self, EntryIds.Self(act), new(note), GovernanceJson.Default.NoteBody, cancellationToken);
        var there = recorded.IsNew ? act : await ReadAsync(recorded.Index, cancellationToken);
        return there.Member == act.Member ? new(recorded.Index, there) : throw new ActRefusedException(ActCode.Conflict, $"The step '{act.Step}' of the run {act.Run} is that of '{there.Member}'.");
    }

    private async Task<SelfStep> ReadAsync(long index, CancellationToken cancellationToken)
    {
        var entry = await ledger.Log.ReadEntryAsync(index, cancellationToken) ?? throw new LedgerDamagedException($"The entry {index} is not in the store.");
        return SignedAct.Parse<SelfStep>(entry.Body.GetProperty("note").GetString()!).Act;
    }
}
