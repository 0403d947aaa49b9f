using Mesh.Governance.Acts;
using Mesh.Ledger.Entries;
using static Mesh.Governance.State.EntryReading;

namespace Mesh.Governance.State;

/// <summary>A halt needs one member; nothing else can be in its way. Its end needs two others, after what it undoes is undone.</summary>
internal static class HaltEntries
{
    public static GovernanceState Halt(GovernanceState state, LedgerEntry entry)
    {
        var note = entry.Read(GovernanceJson.Default.NoteBody).Note;
        var signed = SignedAct.Parse<HaltOrder>(note);
        signed.Verify(state.Governed);
        entry.RequireId(EntryIds.Halt(signed.Hash));
        Require(!state.Halts.ContainsKey(signed.Hash) && !state.EndedHalts.Contains(signed.Hash), ActCode.Conflict, "This halt is there already.");
        return state with { Halts = state.Halts.Add(signed.Hash, new(signed.Hash, signed.Act, note, state.Size, entry.Time)) };
    }

    public static GovernanceState Resume(GovernanceState state, LedgerEntry entry)
    {
        var signed = SignedAct.Parse<ResumeOrder>(entry.Read(GovernanceJson.Default.NoteBody).Note);
        entry.RequireId(EntryIds.Resume(signed.Hash));
        foreach (var id in signed.Act.Halts)
            Require(state.Halts.ContainsKey(id), ActCode.NotFound, $"There is no halt {id} that goes on.");
        signed.Verify([.. signed.Act.Halts.Select(id => state.Halts[id].Act.Requester)], state.Governed);
        Require(!state.IsUndoPending, ActCode.TooEarly, "The last changes are not undone yet.");
        var halts = state.Halts.RemoveRange(signed.Act.Halts);
        return state with { Halts = halts, EndedHalts = state.EndedHalts.Union(signed.Act.Halts), IsUndone = state.IsUndone && !halts.IsEmpty };
    }
}
