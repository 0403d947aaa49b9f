using Mesh.Governance.Acts;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using SelfPrompt.Agent.Client;
using SelfPrompt.Agent.Hosting;
using SelfPrompt.Agent.Policy;
using SelfPrompt.Agent.Runs;
using SelfPrompt.Agent.Tasks;

namespace SelfPrompt.Agent.Api;

/// <param name="Kind">Of the five; null: all of them.</param>
public sealed record RunRequest(string? Kind = null);

/// <param name="Mesh">running, halted, no_lease.</param>
/// <param name="Model">Who words proposals.</param>
/// <param name="NextSeconds">Until the next run of its own; null: only by hand.</param>
/// <param name="Kinds">Of tasks that it takes.</param>
public sealed record AgentStatus(bool Enabled, string Mesh, string Member, string Model, string Endpoint, double? NextSeconds, Budget Budget, IReadOnlyList<string> Open, IReadOnlyList<TaskKind> Kinds);

/// <summary><c>/selfprompt</c>, as the router passes it on.</summary>
internal static class RunEndpoints
{
    public static void MapRuns(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/selfprompt");
        group.MapPost("/runs", BeginAsync);
        group.MapGet("/runs", async (RunViews views, int? limit, CancellationToken stop) => TypedResults.Ok(new RunList(await views.ListAsync(limit ?? 20, stop))));
        group.MapGet("/runs/{run}", FindAsync);
        group.MapGet("/report", async (RunViews views, int? limit, CancellationToken stop) => TypedResults.Ok(await views.ReportAsync(limit ?? 20, stop)));
        group.MapGet("/status", StatusAsync);
    }

    private static async Task<Accepted<BegunRun>> BeginAsync(RunRequest? request, Runs.Runs runs, CancellationToken cancellationToken)
    {
        TaskKind? kind = request?.Kind is { Length: > 0 } name ? KindOf(name) : null;
        var run = await runs.BeginAsync(Runs.Runs.NewId(), kind, "by hand", cancellationToken);
        return TypedResults.Accepted($"/selfprompt/runs/{run.Run}", run);
    }

    private static async Task<Results<Ok<RunView>, NotFound>> FindAsync(string run, RunViews views, CancellationToken cancellationToken) =>
        SelfStep.IsRun(run) && await views.FindAsync(run, cancellationToken) is { } view ? TypedResults.Ok(view) : TypedResults.NotFound();

    private static async Task<Ok<AgentStatus>> StatusAsync(
        Runs.Runs runs, MeshStanding standing, AgentKeys keys, SelfTasks tasks, IOptions<SelfPromptOptions> options, TimeProvider time, CancellationToken cancellationToken)
    {
        var self = options.Value;
        double? next = self.Enabled && self.Interval > TimeSpan.Zero ? (self.Interval - TimeSpan.FromTicks(time.GetUtcNow().Ticks % self.Interval.Ticks)).TotalSeconds : null;
        var mesh = await standing.NowAsync(cancellationToken);
        string[] open = [];
        try
        {
            open = [.. (await runs.OpenAsync(cancellationToken)).Select(r => r.Run)];
        }
        catch (Exception fault) when (fault is HttpRequestException or MeshAnswerException)
        {
            // The status says itself that the mesh does not answer.
        }
        return TypedResults.Ok(new AgentStatus(
            self.Enabled, mesh, keys.Member, self.Model, self.Endpoint.Length > 0 ? new Uri(self.Endpoint).Host : "the mesh", next, new(self.MostCalls, self.MostTokens, self.MostSeconds), open, [.. tasks.All.Select(t => t.Kind)]));
    }

    /// <exception cref="RunRefusedException">There is no such kind.</exception>
    private static TaskKind KindOf(string name) => Enum.GetValues<TaskKind>().Cast<TaskKind?>().FirstOrDefault(k => Runs.Runs.NameOf(k) == name)
        ?? throw new RunRefusedException(StatusCodes.Status400BadRequest, "unknown_kind", $"There is no task '{(name.Length <= 64 ? name : name[..64])}': use {string.Join(", ", Enum.GetValues<TaskKind>().Select(k => Runs.Runs.NameOf(k)))}.");
}
