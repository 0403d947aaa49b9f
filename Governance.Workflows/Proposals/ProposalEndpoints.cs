using Governance.Workflows.Errors;
using Governance.Workflows.Ledger;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Governance.Workflows.Proposals;

/// <summary><c>/governance/proposals</c>: acts come as signed notes, so that whoever carries them changes nothing.</summary>
internal static class ProposalEndpoints
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    public static void MapProposals(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/governance/proposals").WithTags("Proposals");
        group.MapPost("", ProposeAsync).AcceptsNote().WithSummary("Proposes a change; answered once it is committed.").Refuses();
        group.MapGet("", ListAsync).WithSummary("Proposals, newest first; those of one status, or those that wait for a member.");
        group.MapGet("{hash}", GetAsync).WithSummary("One proposal; with wait and after it answers at its next change.").Refuses();
        group.MapPost("{hash}/votes", VoteAsync).AcceptsNote().WithSummary("A vote, signed by its voter.").Refuses();
        group.MapPost("{hash}/withdrawal", WithdrawAsync).AcceptsNote().WithSummary("The proposer takes it back.").Refuses();
    }

    private static async Task<Accepted<ProposalReceipt>> ProposeAsync(HttpRequest request, ProposalOffice office, CancellationToken cancellationToken)
    {
        var receipt = await office.ProposeAsync(await Notes.ReadAsync(request), cancellationToken);
        return TypedResults.Accepted($"/governance/proposals/{receipt.Hash}", receipt);
    }

    private static async Task<Ok<ProposalList>> ListAsync(GovernanceLedger ledger, ProposalViews views, string? status, string? waiting_for, int? limit, CancellationToken cancellationToken) =>
        TypedResults.Ok(new ProposalList(views.List(await ledger.RefreshAsync(cancellationToken), status, waiting_for, limit ?? 100)));

    /// <summary>Holds the answer back until the proposal's revision is above <paramref name="after"/>.</summary>
    private static async Task<Ok<ProposalView>> GetAsync(string hash, GovernanceLedger ledger, ProposalViews views, TimeProvider time, double? wait, long? after, CancellationToken cancellationToken)
    {
        var patience = double.IsFinite(wait ?? 0) ? TimeSpan.FromSeconds(Math.Clamp(wait ?? 0, 0, LongestWait.TotalSeconds)) : TimeSpan.Zero;
        using var deadline = new CancellationTokenSource(patience + TimeSpan.FromMilliseconds(1), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        while (true)
        {
            var view = views.Of(await ledger.RefreshAsync(cancellationToken), hash);
            if (patience == TimeSpan.Zero || after is null || view.Revision > after || deadline.IsCancellationRequested)
                return TypedResults.Ok(view);
            try
            {
                await Task.Delay(ProposalViews.Period, time, either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // The wait is over: what there is is answered.
            }
        }
    }

    private static async Task<Ok<ProposalView>> VoteAsync(string hash, HttpRequest request, ProposalOffice office, CancellationToken cancellationToken) =>
        TypedResults.Ok(await office.VoteAsync(hash, await Notes.ReadAsync(request), cancellationToken));

    private static async Task<Ok<ProposalView>> WithdrawAsync(string hash, HttpRequest request, ProposalOffice office, CancellationToken cancellationToken) =>
        TypedResults.Ok(await office.WithdrawAsync(hash, await Notes.ReadAsync(request), cancellationToken));
}
