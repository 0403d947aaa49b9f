using Grpc.Core;
using Microsoft.Extensions.Options;
using SelfPrompt.Agent.Client;
using SelfPrompt.Agent.Hosting;
using SelfPrompt.Agent.Observing;
using SelfPrompt.Agent.Policy;
using SelfPrompt.Agent.Sandboxing;

namespace SelfPrompt.Agent.Runs.Steps;

/// <summary>What every step needs: a gate with the run's budget, the run's log, and the end of a run that cannot go on.</summary>
internal sealed partial class StepServices(
    RunLog runs, MeshClient mesh, IMeshStanding standing, Progress progress, IOptions<SelfPromptOptions> options, TimeProvider time, ILogger<StepServices> log)
{
    private const int MostTold = 20;
    private readonly Budget _budget = new(options.Value.MostCalls, options.Value.MostTokens, options.Value.MostSeconds);

    public ToolGate Gate(string run, Spent spent) => new(_budget, progress.SpentBy(run, spent), standing, time, used => progress.Touch(run, used));

    public RouterSandbox Sandbox(ToolGate gate) => new(mesh, gate);

    /// <summary>
    /// Does a step once. What passes (a router that starts, a lease that is lost for a moment) is tried again by the workflow; a halt, a spent budget and whatever would fail the same way the
    /// next time end the run, and the run says why.
    /// </summary>
    public async Task<StepResult<T>> RunAsync<T>(string run, string step, Spent spent, Func<ToolGate, Task<(T Result, string Summary, string? Proposal)>> work)
    {
        var gate = Gate(run, spent);
        try
        {
            var (record, artifact) = await runs.OnceAsync(run, step, gate, () => work(gate), CancellationToken.None);
            return new(record.Result, record.Spent) { Artifact = artifact };
        }
        catch (Exception stop) when (!Passes(stop))
        {
            LogStopped(run, step, stop.Message);
            return new(default, gate.Spent, $"{step}: {stop.Message}") { Told = [.. gate.Decisions.TakeLast(MostTold)] };
        }
    }

    /// <summary>What the run observed.</summary>
    /// <exception cref="InvalidOperationException">It is not there any more.</exception>
    public async Task<MeshObservation> SeenAsync(string artifact) =>
        (await runs.ResultAsync<MeshObservation>(artifact, CancellationToken.None))?.Result ?? throw new InvalidOperationException($"The observation {artifact} is not kept any more.");

    /// <summary>Whether a fault is of the moment.</summary>
    internal static bool Passes(Exception fault) => fault switch
    {
        PolicyRefusedException refused => refused.Code == PolicyRefusedException.NoLease,
        // A key that is made, changed or not read yet: others fix that.
        MeshAnswerException answer => !answer.IsFinal || (int)answer.Status is 401 or 403,
        InvalidDataException => false,
        HttpRequestException or IOException or OperationCanceledException or RpcException or UnauthorizedAccessException => true,
        _ => false,
    };

    [LoggerMessage(LogLevel.Warning, "The run {Run} ends at the step {Step}: {Why}")]
    private partial void LogStopped(string run, string step, string why);
}
