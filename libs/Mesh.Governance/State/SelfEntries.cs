using System.Collections.Immutable;
using Mesh.Governance.Acts;
using Mesh.Governance.Members;
using Mesh.Ledger.Entries;
using static Mesh.Governance.State.EntryReading;

namespace Mesh.Governance.State;

/// <summary>A run of self-improvement.</summary>
/// <param name="Member">Who began it; its steps are all of theirs.</param>
/// <param name="Steps">Its entries, oldest first.</param>
public sealed record SelfRun(string Member, ImmutableList<RecordedStep> Steps)
{
    /// <summary>Nothing more comes of it.</summary>
    public bool IsEnded => Steps.Any(s => s.Act.Step == SelfStep.Last);
}

/// <param name="Index">Of its entry.</param>
public sealed record RecordedStep(long Index, SelfStep Act);

/// <summary>What programs say that they did. They may say it while halted too: a record changes nothing.</summary>
internal static class SelfEntries
{
    public static GovernanceState Record(GovernanceState state, LedgerEntry entry)
    {
        var signed = SignedAct.Parse<SelfStep>(entry.Read(GovernanceJson.Default.NoteBody).Note).Of(state.Governed);
        var act = signed.Act;
        entry.RequireId(EntryIds.Self(act));
        var member = signed.SignedBy(act.Member, state.Governed);
        Require(member.Has(Role.Deployer), ActCode.WrongRole, $"'{member.Name}' may not record steps of a self-improvement: that takes the role deployer.");
        SignedAct.CheckNotAhead<SelfStep>(act.Created, entry.Time / 1000.0);

        var run = state.SelfRuns.GetValueOrDefault(act.Run) ?? new(member.Name, []);
        Require(run.Member == member.Name, ActCode.Conflict, $"The run {act.Run} is that of '{run.Member}'.");
        Require(run.Steps.Count < GovernanceState.MostSelfSteps, ActCode.TooLarge, $"A run has at most {GovernanceState.MostSelfSteps} steps.");
        var runs = state.SelfRuns.SetItem(act.Run, run with { Steps = run.Steps.Add(new(state.Size, act)) });
        return state with { SelfRuns = runs.Count > GovernanceState.MostSelfRuns ? runs.Remove(Oldest(runs)) : runs };
    }

    /// <summary>Of those that ended, as long as there are any: one that waits for people is still to be carried on.</summary>
    private static string Oldest(ImmutableDictionary<string, SelfRun> runs) => runs.OrderByDescending(r => r.Value.IsEnded).ThenBy(r => r.Value.Steps[^1].Index).First().Key;
}
