using System.Text.Json;
using Mesh.Tool.Governance;

namespace Mesh.Tool.SelfPrompt;

/// <summary>Follows a run, a line a step, until it waits for people or ends. Whoever stops watching stops nothing.</summary>
internal sealed class RunWatch(Terminal terminal, GovernanceClient client, bool isJson)
{
    private const string Review = "review";
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>A mesh that restarts is away for less.</summary>
    private static readonly TimeSpan MostAway = TimeSpan.FromMinutes(2);

    /// <param name="toEnd">Also while people decide.</param>
    public async Task<int> FollowAsync(string run, bool toEnd, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        using var deadline = timeout is { } limit ? new CancellationTokenSource(limit, terminal.Clock) : new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            var (raw, answer) = await FollowAsync(run, toEnd, either.Token);
            if (isJson)
                terminal.Print(raw.GetRawText());
            else if (!answer.IsOver && answer.Proposal is { } hash)
                terminal.Print($"It waits for people: mesh show {hash[..12]}");
            else
                terminal.Print($"It is over: {answer.Status}");
            return ExitCode.Ok;
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            terminal.Say($"Stopped following. The run goes on: mesh selfprompt status {AgentViews.Short(run)}");
            return cancellationToken.IsCancellationRequested ? ExitCode.Interrupted : ExitCode.TimedOut;
        }
    }

    private async Task<(JsonElement Raw, RunAnswer Answer)> FollowAsync(string run, bool toEnd, CancellationToken cancellationToken)
    {
        var shown = 0;
        long? away = null;
        while (true)
        {
            try
            {
                var raw = await client.GetAsync($"selfprompt/runs/{run}", cancellationToken);
                var answer = client.Read(raw, AgentAnswerJson.Default.RunAnswer);
                away = null;
                foreach (var step in answer.Steps.Skip(shown))
                    terminal.Say($"{step.Step}: {step.Summary}");
                shown = answer.Steps.Count;
                if (answer.IsOver || (!toEnd && answer.Steps[^1].Step == Review && answer.Proposal is not null))
                    return (raw, answer);
            }
            catch (ToolException fault) when (shown > 0 && fault.Code is ExitCode.Unreachable or ExitCode.TimedOut)
            {
                if (terminal.Clock.GetElapsedTime(away ??= terminal.Clock.GetTimestamp()) > MostAway)
                    throw;
            }
            await Task.Delay(Pause, terminal.Clock, cancellationToken);
        }
    }
}
