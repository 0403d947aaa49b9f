using System.Text.Json;
using Mesh.Governance;
using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Operations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using SelfPrompt.Agent.Client;
using SelfPrompt.Agent.Hosting;
using SelfPrompt.Agent.Policy;
using SelfPrompt.Agent.Runs;
using SelfPrompt.Agent.Tasks;

namespace SelfPrompt.Agent.Api;

/// <param name="Kind">Of the five; null: all of them.</param>
/// <param name="Idea">An operation on settings or gate, as governance writes it, to try in place of what the analysers find.</param>
/// <param name="Run">32 hex digits of the caller's choice, so that asking again begins no second run.</param>
public sealed record RunRequest(string? Kind = null, JsonElement? Idea = null, string? Run = null);

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

    private static async Task<Accepted<BegunRun>> BeginAsync(RunRequest? request, Runs.Runs runs, MeshClient mesh, CancellationToken cancellationToken)
    {
        TaskKind? kind = request?.Kind is { Length: > 0 } name ? KindOf(name) : null;
        Operation? idea = null;
        if (request?.Idea is { ValueKind: not JsonValueKind.Null } asked)
        {
            kind ??= TaskKind.ConfigTuning;
            idea = IdeaOf(asked, kind.Value, (await mesh.GetAsync("governance/configuration", cancellationToken)).Deserialize(GovernanceJson.Default.MeshConfiguration)!);
        }
        if (request?.Run is { } id && !(id.Length == 32 && SelfStep.IsRun(id)))
            throw Invalid("invalid_run", "A run is named by 32 lower hex digits.");
        var run = await runs.BeginAsync(request?.Run ?? Runs.Runs.NewId(), kind, idea, "by hand", cancellationToken);
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
        ?? throw Invalid("unknown_kind", $"There is no task '{(name.Length <= 64 ? name : name[..64])}': use {string.Join(", ", Enum.GetValues<TaskKind>().Select(k => Runs.Runs.NameOf(k)))}.");

    /// <exception cref="RunRefusedException">It is no operation that can be tried away from traffic, or could not be applied.</exception>
    private static Operation IdeaOf(JsonElement idea, TaskKind kind, MeshConfiguration configuration)
    {
        try
        {
            var operation = idea.Deserialize(GovernanceJson.Default.Operation);
            if (!(operation is SetEnsemble && kind is TaskKind.ConfigTuning or TaskKind.SchedulerOptimization) && !(operation is SetGate { Hash: not null } && kind == TaskKind.ConfigTuning))
                throw Invalid("invalid_idea", "An idea is a set_ensemble, or for config_tuning a set_gate with a hash: nothing else can be tried away from traffic. Propose other changes with 'mesh propose'.");
            _ = Change.Of(operation, configuration);
            return operation;
        }
        catch (Exception fault) when (fault is JsonException or NotSupportedException or ActRefusedException)
        {
            throw Invalid("invalid_idea", $"This change cannot be tried: {fault.Message}");
        }
    }

    private static RunRefusedException Invalid(string code, string message) => new(StatusCodes.Status400BadRequest, code, message);
}
