using System.Text.Json;
using Mesh.Tool.Governance.Views;
using Spectre.Console;

namespace Mesh.Tool.Governance;

/// <summary>Follows a proposal to its end, by long polls. Whoever stops watching stops nothing.</summary>
internal sealed class ProposalWatch(Terminal terminal, GovernanceClient client, bool isJson)
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <summary>A mesh that restarts is away for less.</summary>
    private static readonly TimeSpan MostAway = TimeSpan.FromMinutes(2);

    /// <returns>The exit code: refused when it was rejected, expired or undone.</returns>
    public async Task<int> FollowAsync(string hash, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        using var deadline = timeout is { } limit ? new CancellationTokenSource(limit, terminal.Clock) : new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            var last = await DrawAsync(hash, either.Token);
            var proposal = client.Read(last, AnswerJson.Default.ProposalAnswer);
            if (isJson)
                terminal.Print(last.GetRawText());
            else
                terminal.Out.Write(ProposalView.Standing(proposal, terminal.Now));
            return proposal.IsGood ? ExitCode.Ok : ExitCode.Refused;
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            terminal.Say($"Stopped following. The proposal goes on: mesh show {ProposalView.Short(hash)} --wait");
            return cancellationToken.IsCancellationRequested ? ExitCode.Interrupted : ExitCode.TimedOut;
        }
    }

    private Task<JsonElement> DrawAsync(string hash, CancellationToken cancellationToken)
    {
        if (!terminal.IsInteractive || isJson)
            return FollowAsync(hash, p => terminal.Say($"{ProposalView.Short(p.Hash)} {p.Status}, {p.Votes.Count(v => v.Choice == "approve")} of {p.Needed} approvals"), cancellationToken);
        return terminal.Error.Live(new Text("...")).AutoClear(true).StartAsync(live => FollowAsync(hash, p => live.UpdateTarget(ProposalView.Standing(p, terminal.Now)), cancellationToken));
    }

    /// <summary>The last answer; <paramref name="changed"/> gets every one that is new.</summary>
    private async Task<JsonElement> FollowAsync(string hash, Action<ProposalAnswer> changed, CancellationToken cancellationToken)
    {
        string? revision = null;
        long? away = null;
        while (true)
        {
            JsonElement answer;
            try
            {
                var query = revision is null ? "" : $"?wait={Poll.TotalSeconds:0}&after={Uri.EscapeDataString(revision)}";
                answer = await client.GetAsync($"governance/proposals/{hash}{query}", cancellationToken, Poll);
                away = null;
            }
            catch (ToolException fault) when (revision is not null && fault.Code is ExitCode.Unreachable or ExitCode.TimedOut)
            {
                // What is watched survives a restart of any process, so the watch does too.
                if (terminal.Clock.GetElapsedTime(away ??= terminal.Clock.GetTimestamp()) > MostAway)
                    throw;
                await Task.Delay(Pause, terminal.Clock, cancellationToken);
                continue;
            }
            var proposal = client.Read(answer, AnswerJson.Default.ProposalAnswer);
            var seen = proposal.Revision.ToString();
            if (seen != revision)
                changed(proposal);
            else
                await Task.Delay(Pause / 4, terminal.Clock, cancellationToken);   // also where a long poll is answered at once
            revision = seen;
            if (proposal.IsOver)
                return answer;
        }
    }
}
