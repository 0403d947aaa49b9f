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
    private const int MostListed = 20;

    public static void MapSelf(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/governance/self").WithTags("Self-improvement");
        group.MapPost("", RecordAsync).AcceptsNote().WithSummary("Records a step, signed by a member with deployer; answered once it is committed, with the step that stands there.").Refuses();
        group.MapGet("", ListAsync).WithSummary("Steps of the newest runs, or of those that have not ended, or of one run; newest first.").Refuses();
    }

    private static async Task<Ok<SelfStepView>> RecordAsync(HttpRequest request, SelfRecorder recorder, CancellationToken cancellationToken) =>
        TypedResults.Ok(await recorder.RecordAsync(await Notes.ReadAsync(request), cancellationToken));

    /// <summary>Whole runs, those that moved last first.</summary>
    private static async Task<Ok<SelfStepList>> ListAsync(GovernanceLedger ledger, string? run, bool? open, int? runs, CancellationToken cancellationToken)
    {
        if (run is not null && !SelfStep.IsRun(run))
            throw new ActRefusedException(ActCode.Invalid, "A run is 16 to 64 lower hex digits.");
        var known = (await ledger.RefreshAsync(cancellationToken)).SelfRuns;
        var wanted = run is null ? known.Values.Where(r => open is not true || !r.IsEnded) : known.TryGetValue(run, out var one) ? [one] : Enumerable.Empty<SelfRun>();
        var newest = wanted.OrderByDescending(r => r.Steps[^1].Index).Take(Math.Clamp(runs ?? MostListed, 1, GovernanceState.MostSelfRuns));
        return TypedResults.Ok(new SelfStepList([.. newest.SelectMany(r => r.Steps.Reverse()).Select(s => new SelfStepView(s.Index, s.Act))]));
    }
}
