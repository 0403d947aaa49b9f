using System.Text.Json;
using Governance.Workflows.Ledger;
using Governance.Workflows.Proposals;
using Mesh.Governance;
using Mesh.Governance.Configurations;
using Mesh.Governance.State;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Governance.Workflows.Status;

/// <summary>A version of the configuration.</summary>
/// <param name="Id">Of its entry.</param>
/// <param name="Time">Unix ms.</param>
public sealed record VersionView(
    string Id, long Index, long Version, Stage Stage, long Time, string? Proposal, string? Halt, string? Proposer, string? Reason, IReadOnlyList<VoteView>? Votes, MeshConfiguration Before, MeshConfiguration After);

public sealed record HistoryView(IReadOnlyList<VersionView> History);

/// <summary><c>GET /governance/history</c>.</summary>
internal static class HistoryEndpoint
{
    private const int Most = 200, Usual = 50;

    public static async Task<Ok<HistoryView>> GetAsync(GovernanceLedger ledger, int? limit, CancellationToken cancellationToken)
    {
        var state = await ledger.RefreshAsync(cancellationToken);
        var shown = ledger.View.Versions.TakeLast(Math.Clamp(limit ?? Usual, 1, Most) + 1).ToArray();
        var history = new List<VersionView>();
        MeshConfiguration? before = null;
        foreach (var (_, index) in shown)
        {
            var entry = (await ledger.Log.ReadEntryAsync(index, cancellationToken))!;
            if (entry.Type == EntryTypes.Configuration && before is not null)
                history.Add(View(state, entry, index, before));
            before = StatusEndpoints.Read(entry);
        }
        history.Reverse();
        return TypedResults.Ok(new HistoryView(history));
    }

    private static VersionView View(GovernanceState state, Mesh.Ledger.Entries.LedgerEntry entry, long index, MeshConfiguration before)
    {
        var body = entry.Body.Deserialize(GovernanceJson.Default.ConfigurationBody)!;
        var proposal = body.Proposal is { } hash ? state.Proposals.GetValueOrDefault(hash) : null;
        return new(
            entry.Id, index, body.Configuration.Version, body.Stage, entry.Time, body.Proposal, body.Halt, proposal?.Act.Proposer, proposal?.Act.Reason,
            proposal?.Votes.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => new VoteView(v.Key, v.Value.Choice, v.Value.Reason)).ToArray(), before, body.Configuration);
    }
}
