using Governance.Workflows.Errors;
using Governance.Workflows.Ledger;
using Governance.Workflows.Nodes;
using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Http;
using Mesh.Governance.Members;
using Mesh.Governance.Operations;
using Mesh.Governance.State;
using Mesh.Governance.Tiers;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Governance.Workflows.Status;

public sealed record QuorumView(int Needed, int Witnesses, IReadOnlyList<WitnessView> Cosigned);

public sealed record LockView(Domain Domain, string Proposal);

/// <param name="Log">The log's verifier key.</param>
/// <param name="Lease">This node's.</param>
public sealed record GovernanceStatus(
    string Mesh, string Log, long Version, string Lease, long Size, long Committed, QuorumView Quorum, bool Halted, IReadOnlyList<string> Halts, int OpenProposals,
    string? Canary, IReadOnlyList<LockView> Locked, IReadOnlyList<NodeAnswer> Nodes);

public sealed record AppliedView(string Proposal, Operation Operation, long Index, long Time, long Version, IReadOnlyList<FieldChange> Diff, string? UndoneBy);

public sealed record MemberView(string Name, string Key, IReadOnlyList<Role> Roles);

public sealed record ClassifyRequest(string Text);

/// <param name="Advice">Always true: the tier follows from the typed operation.</param>
public sealed record ClassifyAnswer(Tier Tier, Domain Domain, IReadOnlyList<string> Reasons, bool Advice);

/// <summary>What is in force, and since when.</summary>
internal static class StatusEndpoints
{
    public static void MapGovernanceStatus(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/governance").WithTags("Governance");
        group.MapGet("status", StatusAsync).WithSummary("Lease, quorum, nodes, halts, and what is under way.").Refuses();
        group.MapGet("configuration", async (GovernanceLedger ledger, CancellationToken stop) => TypedResults.Ok((await ledger.RefreshAsync(stop)).Configuration)).WithSummary("The newest version.").Refuses();
        group.MapGet("configuration/{version:long}", VersionAsync).WithSummary("A version.").Refuses();
        group.MapGet("members", (GovernanceLedger ledger) => TypedResults.Ok(ledger.State.Configuration!.Members.Select(m => new MemberView(m.Name, m.Key, m.Roles)))).WithSummary("The people and their roles.");
        group.MapGet("history", (GovernanceLedger ledger) => TypedResults.Ok(ledger.State.History.Reverse().Select(View))).WithSummary("Applied changes, newest first.");
        group.MapPost("classify", (ClassifyRequest request) => Classify(request)).WithSummary("What a text seems to ask for; advice only.").Refuses();
    }

    private static async Task<Ok<GovernanceStatus>> StatusAsync(GovernanceLedger ledger, Cosigning cosigning, MeshNodes nodes, IMeshNode node, CancellationToken cancellationToken)
    {
        var state = await ledger.RefreshAsync(cancellationToken);
        var configuration = state.Configuration!;
        return TypedResults.Ok(new GovernanceStatus(
            configuration.Mesh, state.Log, configuration.Version, node.Lease.ToString().ToLowerInvariant(), ledger.Log.Size, ledger.Committed,
            new(cosigning.QuorumOfNow, configuration.Nodes.Count, [.. cosigning.Witnesses]), node.IsHalted || state.IsHalted, [.. node.Halts.Union(state.Halts.Keys)],
            state.Unfinished.Count(h => state.Proposals[h].Status == ProposalStatus.Open), configuration.Canary?.Proposal,
            [.. state.Locked.Select(l => new LockView(l.Key, l.Value))], await nodes.StatusesAsync(cancellationToken)));
    }

    private static async Task<Ok<MeshConfiguration>> VersionAsync(long version, GovernanceLedger ledger, CancellationToken cancellationToken)
    {
        if (version == 1)
            return TypedResults.Ok(Read(await ledger.Log.ReadEntryAsync(0, cancellationToken)));
        var found = ledger.View.Versions.FirstOrDefault(v => v.Version == version);
        return found.Version == version
            ? TypedResults.Ok(Read(await ledger.Log.ReadEntryAsync(found.Index, cancellationToken)))
            : throw new ActRefusedException(ActCode.NotFound, $"There is no version {version}.");
    }

    private static MeshConfiguration Read(Mesh.Ledger.Entries.LedgerEntry? entry) =>
        System.Text.Json.JsonSerializer.Deserialize(entry!.Body.GetProperty("configuration"), Mesh.Governance.GovernanceJson.Default.MeshConfiguration)!;

    private static AppliedView View(AppliedChange change) =>
        new(change.Proposal, change.Operation, change.Index, change.Time, change.After.Version, FieldChange.Between(change.Before, change.After), change.UndoneBy);

    private static Ok<ClassifyAnswer> Classify(ClassifyRequest request)
    {
        var found = TextClassifier.Classify(request.Text);
        return TypedResults.Ok(new ClassifyAnswer(found.Tier, found.Domain, found.Reasons, true));
    }
}
