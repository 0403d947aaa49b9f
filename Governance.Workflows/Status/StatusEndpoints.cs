using Governance.Workflows.Errors;
using Governance.Workflows.Ledger;
using Governance.Workflows.Nodes;
using Mesh.Chorus.Leases;
using Governance.Workflows.Halting;
using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Http;
using Mesh.Governance.Members;
using Mesh.Governance.Operations;
using Mesh.Governance.Phases;
using Mesh.Governance.State;
using Mesh.Governance.Tiers;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Governance.Workflows.Status;

/// <param name="Cosigned">Unix ms of its last cosignature; null: none yet.</param>
public sealed record QuorumMember(string Name, NodeKind Kind, long? Cosigned);

/// <param name="Size">Entries.</param>
/// <param name="Committed">Entries that a majority of witnesses has seen.</param>
public sealed record QuorumView(int Needed, long Size, long Committed, IReadOnlyList<QuorumMember> Witnesses);

/// <param name="Threshold">Experts that the phase takes.</param>
/// <param name="Degraded">Why another one is in effect.</param>
public sealed record PhaseView(int Current, int Effective, int Experts, int Threshold, string? Degraded);

/// <param name="Configuration">The version that it runs.</param>
public sealed record NodeView(string Name, NodeKind Kind, bool Reachable, long? Configuration, bool Halted, LeaseState? Lease);

/// <param name="Proposal">The rejected one.</param>
public sealed record LockView(Domain Domain, string Proposal);

/// <param name="Log">The log's verifier key.</param>
/// <param name="Version">Of the newest configuration.</param>
/// <param name="Lease">This node's.</param>
/// <param name="Canary">The proposal that is tried.</param>
public sealed record GovernanceStatus(
    string Mesh, string Log, long Version, LeaseState Lease, long LeaseRemainingMs, QuorumView Quorum, PhaseView? Phase, bool Halted, IReadOnlyList<HaltView> Halts, int OpenProposals,
    string? Canary, IReadOnlyList<LockView> Locked, IReadOnlyList<NodeView> Nodes);

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
        group.MapGet("history", HistoryEndpoint.GetAsync).WithSummary("Versions of the configuration, newest first, with what was before each.").Refuses();
        group.MapPost("classify", (ClassifyRequest request) => Classify(request)).WithSummary("What a text seems to ask for; advice only.").Refuses();
    }

    private static async Task<Ok<GovernanceStatus>> StatusAsync(GovernanceLedger ledger, Cosigning cosigning, MeshNodes nodes, HaltOffice halts, IMeshNode node, CancellationToken cancellationToken)
    {
        var state = await ledger.RefreshAsync(cancellationToken);
        var configuration = state.Configuration!;
        var seen = (await nodes.StatusesAsync(cancellationToken)).ToDictionary(n => n.Name, n => n.Status);
        var cosigned = cosigning.Witnesses.ToDictionary(w => w.Name, w => w.Seen);
        return TypedResults.Ok(new GovernanceStatus(
            configuration.Mesh, state.Log, configuration.Version, node.Lease, seen.GetValueOrDefault(node.Name)?.LeaseRemainingMs ?? 0,
            new(cosigning.QuorumOfNow, ledger.Log.Size, ledger.Committed, [.. configuration.Nodes.Select(n => new QuorumMember(n.Name, n.Kind, cosigned.TryGetValue(n.Name, out var at) ? at * 1000 : null))]),
            await PhaseAsync(configuration, nodes, cancellationToken), node.IsHalted || state.IsHalted, HaltView.Of(state, node, halts),
            state.Unfinished.Count(h => state.Proposals[h].Status == ProposalStatus.Open), configuration.Canary?.Proposal,
            [.. state.Locked.Select(l => new LockView(l.Key, l.Value))],
            [.. configuration.Nodes.Select(n => seen[n.Name] is { } s ? new NodeView(n.Name, n.Kind, true, s.Configuration, s.Halted, s.Lease) : new NodeView(n.Name, n.Kind, false, null, false, null))]));
    }

    private static async Task<PhaseView?> PhaseAsync(MeshConfiguration configuration, MeshNodes nodes, CancellationToken cancellationToken)
    {
        if (configuration.Routing.Phase is not { } phase || await nodes.ExpertsOnlineAsync(cancellationToken) is not { } online)
            return null;
        var status = PhaseTable.Of(phase, configuration.Policy.PhaseThresholds, online);
        return new(phase, status.Effective ?? phase, online, status.Needed, status.Reason);
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

    internal static MeshConfiguration Read(Mesh.Ledger.Entries.LedgerEntry? entry) =>
        System.Text.Json.JsonSerializer.Deserialize(entry!.Body.GetProperty("configuration"), Mesh.Governance.GovernanceJson.Default.MeshConfiguration)!;

    private static Ok<ClassifyAnswer> Classify(ClassifyRequest request)
    {
        var found = TextClassifier.Classify(request.Text);
        return TypedResults.Ok(new ClassifyAnswer(found.Tier, found.Domain, found.Reasons, true));
    }
}
