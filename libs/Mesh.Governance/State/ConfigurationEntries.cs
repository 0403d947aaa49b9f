using System.Text.Json;
using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Members;
using Mesh.Governance.Operations;
using Mesh.Governance.Tiers;
using Mesh.Ledger.Entries;
using Mesh.Ledger.Signing;
using static Mesh.Governance.State.EntryReading;

namespace Mesh.Governance.State;

/// <summary>
/// Versions of the configuration. An entry has no freedom: its configuration is the one that follows from the newest version and what was decided, or it is refused.
/// </summary>
internal static class ConfigurationEntries
{
    /// <summary>Changes that a halt takes back.</summary>
    private const int Undone = 3;

    public static GovernanceState Begin(GovernanceState state, LedgerEntry entry)
    {
        var body = entry.Read(GovernanceJson.Default.GenesisBody);
        entry.RequireId(EntryIds.Genesis);
        Require(state.Size == 0, ActCode.Conflict, "This ledger has a genesis.");
        var faults = ConfigurationCheck.Faults(body.Configuration).ToList();
        if (body.Configuration.Version != 1 || body.Configuration.Canary is not null)
            faults.Add("A genesis has version 1 and no canary.");
        if (!IsLogKey(body.Log, body.Configuration.Mesh))
            faults.Add($"The log's key has the name 'mesh/{body.Configuration.Mesh}'.");
        Require(faults.Count == 0, ActCode.Invalid, string.Join(' ', faults));
        return (state with { Log = body.Log }).Governing(body.Configuration, entry.Time);
    }

    public static GovernanceState Configure(GovernanceState state, LedgerEntry entry)
    {
        var body = entry.Read(GovernanceJson.Default.ConfigurationBody);
        var id = (body.Stage == Stage.HaltUndo ? (body.Halt, body.Proposal) : (body.Proposal, body.Halt)) is ({ } named, null)
            ? named : throw new ActRefusedException(ActCode.Invalid, "An undo by a halt names the halt, every other version its proposal.");
        entry.RequireId(EntryIds.Configuration(body.Stage, id));
        var (before, after) = (state.Governed, Next(state, body.Stage, id));
        Require(body.Configuration.Version == after.Version, ActCode.Conflict, $"The next version is {after.Version}, not {body.Configuration.Version}.");
        Require(Json(body.Configuration).AsSpan().SequenceEqual(Json(after)), ActCode.Conflict, "This is not the configuration that follows from the newest version and what was decided.");

        state = state.Governing(after, entry.Time);
        if (body.Stage == Stage.HaltUndo)
            return AfterUndo(state, before, id);
        var proposal = state.Find(id);
        switch (body.Stage)
        {
            case Stage.Canary:
                return state.With(proposal with { Status = ProposalStatus.Deploying, Tried = entry.Time });
            case Stage.Undone:
                return state.With(proposal with { Status = ProposalStatus.Undone });
            default:
                if (proposal.Act.Operation is LiftDomain lift)
                    state = state with { Locked = state.Locked.Remove(lift.Domain) };
                var history = state.History.Add(new(id, proposal.Act.Operation, state.Size, entry.Time, before with { Canary = null }, after));
                return (state with { History = history.Count > GovernanceState.MostHistory ? history.RemoveAt(0) : history }).With(proposal with { Status = ProposalStatus.Promoted });
        }
    }

    /// <inheritdoc cref="GovernanceState.Next"/>
    public static MeshConfiguration Next(GovernanceState state, Stage stage, string id)
    {
        var now = state.Governed;
        if (stage == Stage.HaltUndo)
            return AfterHalt(state, id);
        var proposal = state.Find(id);
        var operation = proposal.Act.Operation;
        var row = TierTable.Of(operation);
        var isTried = proposal.Status == ProposalStatus.Deploying && now.Canary?.Proposal == id;
        if (stage == Stage.Undone)
        {
            Require(isTried, ActCode.Conflict, "It is not being tried.");
            return now with { Version = now.Version + 1, Canary = null };
        }
        state.RequireRunning();
        state.RequireWritable(operation);
        state.RequireOwnKey(operation);
        Require(Change.IsDeployable(operation), ActCode.Invalid, "This operation changes no configuration.");
        if (proposal.Status is ProposalStatus.Approved or ProposalStatus.Deploying)
            RequireApproval(state, proposal);
        if (stage == Stage.Canary)
        {
            Require(row.HasCanary, ActCode.Invalid, "This operation is not tried on a share of the sessions.");
            Require(proposal.Status == ProposalStatus.Approved, ActCode.NotApproved, $"The proposal is {proposal.Status.ToString().ToLowerInvariant()}.");
            Require(now.Canary is null, ActCode.Conflict, $"The proposal {now.Canary?.Proposal} is being tried; one at a time.");
            return now with { Version = now.Version + 1, Canary = new(now.Policy.CanaryShare, id, Change.Of(operation, now).After.Routing) };
        }
        Require(stage == Stage.Promoted || operation is LiftDomain, ActCode.Invalid, "Only a lift_domain lifts.");
        Require(isTried || (!TierTable.NeedsCanary(operation) && proposal.Status == ProposalStatus.Approved), ActCode.NotApproved,
            $"The proposal is {proposal.Status.ToString().ToLowerInvariant()}{(TierTable.NeedsCanary(operation) ? "; it is promoted from its canary" : "")}.");
        if (operation is LiftDomain lift)
            Require(state.Locked.ContainsKey(lift.Domain), ActCode.Invalid, "That domain is not read-only any more.");
        return Change.Of(operation, isTried ? now with { Canary = null } : now).After;
    }

    /// <summary>An approval holds as long as those who gave it: a key that was taken away, because somebody else may have it, may have voted too.</summary>
    private static void RequireApproval(GovernanceState state, ProposalState proposal)
    {
        var tally = state.Tally(proposal);
        Require(tally.Standing == Standing.Approved, ActCode.NotApproved,
            $"Its approval does not stand any more: {tally.Approved} of {tally.Needed} approvals are of approvers with the keys of now. Propose it again.");
    }

    /// <summary>
    /// A halt takes back what changed the answers. It leaves members and policy, or one member could bring a revoked key back by halting, and quarantines, which make the mesh safer.
    /// </summary>
    public static bool IsUndoable(AppliedChange change) => change.UndoneBy is null && TierTable.Of(change.Operation).HasCanary;

    /// <summary>
    /// The changes that are still in effect are a stack: each was made on top of the one before. Taken back newest first, a field that several of them changed ends as the oldest one found it,
    /// so it is enough to know what that one found. Quarantines of since then stay.
    /// </summary>
    private static MeshConfiguration AfterHalt(GovernanceState state, string halt)
    {
        var now = state.Governed;
        Require(state.Halts.ContainsKey(halt), ActCode.NotFound, $"There is no halt {halt} that goes on.");
        Require(state.IsUndoPending, ActCode.Conflict, "Nothing is left for this halt to undo.");
        var routing = Last(state) is [.., var oldest] ? state.History[oldest].Before.Routing : now.Routing;
        var quarantined = routing.Experts.Quarantined.Union(now.Routing.Experts.Quarantined).ToArray();
        return now with { Version = now.Version + 1, Canary = null, Routing = routing with { Experts = routing.Experts with { Quarantined = quarantined } } };
    }

    private static GovernanceState AfterUndo(GovernanceState state, MeshConfiguration before, string halt)
    {
        var undone = Last(state);
        state = state with { IsUndone = true, History = undone.Aggregate(state.History, (history, at) => history.SetItem(at, history[at] with { UndoneBy = halt })) };
        return undone.Select(at => state.History[at].Proposal).Append(before.Canary?.Proposal).OfType<string>()
            .Where(state.Proposals.ContainsKey).Aggregate(state, (s, hash) => s.With(s.Find(hash) with { Status = ProposalStatus.Undone, Reason = $"Undone by the halt {halt[..12]}." }));
    }

    /// <summary>Where in the history they are, newest first.</summary>
    private static int[] Last(GovernanceState state) =>
        [.. Enumerable.Range(1, state.History.Count).Select(back => state.History.Count - back).Where(at => IsUndoable(state.History[at])).Take(Undone)];

    private static byte[] Json(MeshConfiguration configuration) => JsonSerializer.SerializeToUtf8Bytes(configuration, GovernanceJson.Default.MeshConfiguration);

    private static bool IsLogKey(string text, string mesh)
    {
        try
        {
            return VerifierKey.Parse(text) is { Kind: KeyKind.Note } key && key.Name == $"mesh/{mesh}";
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
