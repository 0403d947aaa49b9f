using Governance.Workflows.Errors;
using Governance.Workflows.Ledger;
using Mesh.Governance.Acts;
using Mesh.Governance.Http;
using Mesh.Governance.State;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Governance.Workflows.Halting;

/// <param name="Reason">In the requester's words.</param>
/// <param name="Reached">Nodes that acknowledged it, where it came in here.</param>
public sealed record HaltView(string Id, string Requester, string Reason, long Time, IReadOnlyList<string>? Reached, IReadOnlyList<string>? Unreached)
{
    /// <summary>Those of the ledger, and those that this node has and the ledger does not yet.</summary>
    internal static IReadOnlyList<HaltView> Of(GovernanceState state, IMeshNode node, HaltOffice office) =>
    [
        .. state.Halts.Values.OrderBy(h => h.Index).Select(h => (h.Id, h.Act))
            .UnionBy(node.Acts.Halts.Select(note => SignedAct.Parse<HaltOrder>(note)).Where(h => !state.EndedHalts.Contains(h.Hash)).Select(h => (h.Hash, h.Act)), h => h.Item1)
            .Select(h => new HaltView(h.Item1, h.Act.Requester, h.Act.Reason, h.Act.Time, office.ToldOf(h.Item1)?.Reached, office.ToldOf(h.Item1)?.Unreached)),
    ];
}

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

    private static Ok<HaltsView> Get(GovernanceLedger ledger, IMeshNode node, HaltOffice office) =>
        TypedResults.Ok(new HaltsView(node.IsHalted || ledger.State.IsHalted, HaltView.Of(ledger.State, node, office)));
}
