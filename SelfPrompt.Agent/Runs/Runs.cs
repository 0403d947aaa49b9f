using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dapr.Workflow;
using Grpc.Core;
using Mesh.Governance.Acts;
using Mesh.Governance.Operations;
using Microsoft.Extensions.Options;
using SelfPrompt.Agent.Client;
using SelfPrompt.Agent.Hosting;
using SelfPrompt.Agent.Policy;
using SelfPrompt.Agent.Tasks;

namespace SelfPrompt.Agent.Runs;

/// <summary>A task that is not taken now.</summary>
/// <param name="status">Of HTTP.</param>
public sealed class RunRefusedException(int status, string code, string message) : Exception(message)
{
    public int Status { get; } = status;

    public string Code { get; } = code;
}

/// <summary>A run that was begun.</summary>
/// <param name="Preview">What it will look for, for people.</param>
public sealed record BegunRun(string Run, TaskKind? Kind, string Preview);

/// <summary>Begins runs. One is acknowledged when its first entry is committed: whatever dies then, the keeper carries it on.</summary>
internal sealed class Runs(RunLog log, MeshClient mesh, MeshStanding standing, DaprWorkflowClient workflows, RunMeter meter, IOptions<SelfPromptOptions> options, TimeProvider time)
{
    public const string First = "begin";
    public const int MostOpen = 8;
    private readonly SemaphoreSlim _turn = new(1, 1);

    public static string NewId() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>Of the run that is due in a slot of time, the same for every process that thinks of it.</summary>
    public static string IdOf(long slot, string member) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{member}/{slot}")).AsSpan(0, 16));

    /// <param name="idea">A change to try in place of what the analysers find.</param>
    /// <param name="id">One that is begun already is answered as it is.</param>
    /// <exception cref="RunRefusedException">The agent is off, the mesh is halted or without lease, or too much is under way.</exception>
    public async Task<BegunRun> BeginAsync(string id, TaskKind? kind, Operation? idea, string who, CancellationToken cancellationToken)
    {
        if (!options.Value.Enabled)
            throw new RunRefusedException(StatusCodes.Status409Conflict, "disabled", $"This agent is off: {SelfPromptOptions.Section}:Enabled is false.");
        try
        {
            await standing.RequireRunningAsync(isNow: true, cancellationToken);
        }
        catch (PolicyRefusedException refused)
        {
            throw new RunRefusedException(StatusCodes.Status503ServiceUnavailable, refused.Code == PolicyRefusedException.Halted ? "mesh_halted" : refused.Code, refused.Message);
        }
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await RequireRoomAsync(id, cancellationToken);
            var input = new RunInput(id, kind, time.GetUtcNow().ToUnixTimeSeconds(), options.Value.MostTried, options.Value.Look, (long)options.Value.ReviewTime.TotalSeconds) { Idea = idea };
            var artifact = await mesh.PutArtifactAsync(JsonSerializer.SerializeToUtf8Bytes(input, AgentJson.Options), cancellationToken);
            var first = await log.WriteAsync(id, First, $"{NameOf(kind)}: begun {who}{(idea is null ? "" : ", to try an idea")}.", artifact, null, cancellationToken);
            meter.OnBegin();
            await TryStartAsync(new(id, first.Act.Artifact, 1));
            return new(id, kind, idea is null ? Preview(kind) : "Try one change away from traffic; propose it if it holds.");
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Runs that began and have not ended, by their first entries.</summary>
    public async Task<IReadOnlyList<OpenRun>> OpenAsync(CancellationToken cancellationToken) =>
    [
        .. (await log.OpenAsync(cancellationToken)).GroupBy(s => s.Act.Run).Select(run => new OpenRun(run.Key, run.FirstOrDefault(s => s.Act.Step == First)?.Act.Artifact, run.Count())),
    ];

    /// <summary>Starts a run as it was begun.</summary>
    /// <exception cref="InvalidOperationException">What it was begun with is not kept any more.</exception>
    public async Task StartAsync(OpenRun run, CancellationToken cancellationToken)
    {
        var bytes = run.Artifact is { } hash ? await mesh.FindArtifactAsync(hash, cancellationToken) : null;
        await StartAsync(bytes is not null && JsonSerializer.Deserialize<RunInput>(bytes, AgentJson.Options) is { } input && input.Run == run.Run
            ? input : throw new InvalidOperationException($"What the run {run.Run} was begun with is not kept any more."), cancellationToken);
    }

    /// <summary>One that is there already goes on as it is.</summary>
    private async Task StartAsync(RunInput input, CancellationToken cancellationToken)
    {
        try
        {
            await workflows.ScheduleNewWorkflowAsync(nameof(SelfPromptWorkflow), SelfPromptWorkflow.IdOf(input.Run), input).WaitAsync(cancellationToken);
        }
        catch (RpcException fault) when (fault.Status.Detail.Contains("already exists", StringComparison.Ordinal))
        {
            // Whoever looked at the same time was first.
        }
    }

    public static string NameOf(TaskKind? kind) => kind is { } one ? JsonNamingPolicy.SnakeCaseLower.ConvertName(one.ToString()) : "all";

    /// <summary>The kind that a first entry names; all where it names none.</summary>
    public static TaskKind? KindOf(string summary)
    {
        var name = summary.Split(':')[0];
        return Enum.GetValues<TaskKind>().Cast<TaskKind?>().FirstOrDefault(k => NameOf(k) == name);
    }

    /// <exception cref="RunRefusedException">So many are open, or were begun within an hour: each is a few entries of the ledger for ever.</exception>
    private async Task RequireRoomAsync(string id, CancellationToken cancellationToken)
    {
        var begun = (await log.NewestAsync(RunLog.MostRuns, cancellationToken)).GroupBy(s => s.Act.Run).ToDictionary(run => run.Key, run => run.ToArray());
        if (begun.ContainsKey(id))
            return;
        var open = begun.Values.Count(run => run.All(s => s.Act.Step != SelfStep.Last));
        if (open >= MostOpen)
            throw new RunRefusedException(StatusCodes.Status429TooManyRequests, "too_many_runs", $"{open} runs are under way, at most {MostOpen} are.");
        var since = time.GetUtcNow().AddHours(-1).ToUnixTimeSeconds();
        if (begun.Values.Count(run => run[^1].Act.Created > since) >= options.Value.MostAnHour)
            throw new RunRefusedException(StatusCodes.Status429TooManyRequests, "too_many_runs", $"{options.Value.MostAnHour} runs were begun within an hour, more are not.");
    }

    private async Task TryStartAsync(OpenRun run)
    {
        try
        {
            using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(5), time);
            await StartAsync(run, soon.Token);
        }
        catch (Exception fault) when (fault is RpcException or OperationCanceledException or HttpRequestException)
        {
            // It is in the ledger: the keeper starts it.
        }
    }

    private static string Preview(TaskKind? kind) => kind switch
    {
        TaskKind.SchedulerOptimization => "Look whether other values of K, over-selection and deadlines make tokens faster without making answers worse; try them away from traffic; propose what holds.",
        TaskKind.ConfigTuning => "Look whether another gate, decay or weight of evidence, or a gate trained anew, lowers perplexity; try it on texts it was not chosen on; propose what holds.",
        TaskKind.SecurityLogAnalysis => "Look through refused logins, keys and odd experts for attacks; propose keys to revoke, limits, experts to quarantine.",
        TaskKind.TestGeneration => "Make regression cases of answers that were improbable or disliked; keep those that fail today; propose them.",
        TaskKind.GovernanceProposalDraft => "Look for what people should decide; draft a text or a major change with its blast radius.",
        _ => "Look through everything the mesh measured of itself for what could be better, try it away from traffic, and propose what holds.",
    };
}

/// <param name="Artifact">What it was begun with.</param>
/// <param name="Steps">That are written.</param>
public sealed record OpenRun(string Run, string? Artifact, int Steps);
