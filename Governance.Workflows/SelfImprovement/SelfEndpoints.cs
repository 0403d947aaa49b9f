using Governance.Workflows.Errors;
using Governance.Workflows.Ledger;
using Mesh.Governance.Acts;
using Mesh.Governance.State;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Governance.Workflows.SelfImprovement;

/// <param name="Index">Of its entry.</param>
public sealed record SelfStepView(long Index, SelfStep Act);

public sealed record SelfStepList(IReadOnlyList<SelfStepView> Steps);

/// <summary><c>/governance/self</c>: what programs that improve the mesh say of their steps, each once.</summary>
internal static class SelfEndpoints
{
    private const int MostListed = 500;

    public static void MapSelf(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/governance/self").WithTags("Self-improvement");
        group.MapPost("", RecordAsync).AcceptsNote().WithSummary("Records a step, signed by a member with deployer; answered once it is committed, with the step that stands there.").Refuses();
        group.MapGet("", ListAsync).WithSummary("Steps of the newest runs, newest first; those of one run.").Refuses();
    }

    private static async Task<Ok<SelfStepView>> RecordAsync(HttpRequest request, SelfRecorder recorder, CancellationToken cancellationToken) =>
        TypedResults.Ok(await recorder.RecordAsync(await Notes.ReadAsync(request), cancellationToken));

    private static async Task<Ok<SelfStepList>> ListAsync(GovernanceLedger ledger, SelfRecorder recorder, string? run, int? limit, CancellationToken cancellationToken)
    {
        if (run is not null && !SelfStep.IsRun(run))
            throw new ActRefusedException(ActCode.Invalid, "A run is 16 to 64 lower hex digits.");
        var runs = (await ledger.RefreshAsync(cancellationToken)).SelfRuns;
        var wanted = run is null ? runs.Values : runs.TryGetValue(run, out var one) ? [one] : Enumerable.Empty<SelfRun>();
        var newest = wanted.SelectMany(r => r.Steps).OrderDescending().Take(Math.Clamp(limit ?? 100, 1, MostListed));
        var steps = new List<SelfStepView>();
        foreach (var index in newest)
            steps.Add(new(index, await recorder.ReadAsync(index, cancellationToken)));
        return TypedResults.Ok(new SelfStepList(steps));
    }
}
