using Governance.Workflows.Errors;
using Governance.Workflows.Ledger;
using Mesh.Governance.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Governance.Workflows.Halting;

/// <param name="Reason">In the requester's words.</param>
public sealed record HaltView(string Id, string Requester, string Reason, long Time, long Index);

public sealed record HaltsView(bool Halted, IReadOnlyList<HaltView> Halts);

/// <summary><c>/governance/halt</c> and <c>/governance/resume</c>.</summary>
internal static class HaltEndpoints
{
    public static void MapHalts(this IEndpointRouteBuilder app)
    {
        app.MapPost("/governance/halt", async (HttpRequest request, HaltOffice office) => TypedResults.Ok(await office.HaltAsync(await Notes.ReadAsync(request), CancellationToken.None)))
            .AcceptsNote().WithTags("Halt").WithSummary("Ends every stream, refuses new ones, undoes the last three applied changes. Signed by one member with oncall or admin.").Refuses();
        app.MapPost("/governance/resume", async (HttpRequest request, HaltOffice office, CancellationToken cancellationToken) => TypedResults.Ok(await office.ResumeAsync(await Notes.ReadAsync(request), cancellationToken)))
            .AcceptsNote().WithTags("Halt").WithSummary("Ends halts. Signed by two members who did not halt.").Refuses();
        app.MapGet("/governance/halt", Get).WithTags("Halt").WithSummary("The halts in force.");
    }

    private static Ok<HaltsView> Get(GovernanceLedger ledger, IMeshNode node) =>
        TypedResults.Ok(new HaltsView(node.IsHalted || ledger.State.IsHalted, [.. ledger.State.Halts.Values.OrderBy(h => h.Index).Select(h => new HaltView(h.Id, h.Act.Requester, h.Act.Reason, h.Act.Time, h.Index))]));
}
