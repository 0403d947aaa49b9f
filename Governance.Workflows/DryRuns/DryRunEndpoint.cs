using System.Text.Json;
using Governance.Workflows.Errors;
using Governance.Workflows.Ledger;
using Mesh.Governance;
using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Operations;
using Mesh.Governance.Tiers;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Governance.Workflows.DryRuns;

public sealed record DryRunRequest(JsonElement Operation);

/// <param name="Refused">Why it could not be proposed now; null: it could.</param>
public sealed record DryRun(Tier Tier, Domain Domain, bool HasCanary, MeshConfiguration? Before, MeshConfiguration? After, IReadOnlyList<FieldChange> Diff, BlastRadius? BlastRadius, string? Refused);

/// <summary><c>POST /governance/dry-run</c>: what an operation would change, with nothing signed and nothing written.</summary>
internal static class DryRunEndpoint
{
    public static void MapDryRun(this IEndpointRouteBuilder app) =>
        app.MapPost("/governance/dry-run", RunAsync).WithTags("Proposals").WithSummary("What an operation would change.").Refuses();

    private static async Task<Ok<DryRun>> RunAsync(DryRunRequest request, GovernanceLedger ledger, CancellationToken cancellationToken)
    {
        var operation = Read(request.Operation);
        var row = TierTable.Of(operation);
        var state = await ledger.RefreshAsync(cancellationToken);
        try
        {
            if (state.IsHalted)
                throw new ActRefusedException(ActCode.Halted, "The mesh is halted.");
            if (state.Locked.TryGetValue(row.Domain, out var rejected))
                throw new ActRefusedException(ActCode.DomainReadOnly, $"The domain is read-only since the proposal {rejected} was rejected.");
            var change = Change.Of(operation, state.Configuration!);
            return TypedResults.Ok(new DryRun(row.Tier, row.Domain, TierTable.NeedsCanary(change.Operation), change.Before, change.After, change.Diff, change.BlastRadius, null));
        }
        catch (ActRefusedException refused)
        {
            return TypedResults.Ok(new DryRun(row.Tier, row.Domain, row.HasCanary, state.Configuration, null, [], null, refused.Message));
        }
    }

    private static Operation Read(JsonElement json)
    {
        try
        {
            return json.Deserialize(GovernanceJson.Default.Operation) ?? throw new JsonException("It is null.");
        }
        catch (Exception fault) when (fault is JsonException or NotSupportedException)
        {
            throw new ActRefusedException(ActCode.Invalid, $"This is no operation: {fault.Message}");
        }
    }
}
