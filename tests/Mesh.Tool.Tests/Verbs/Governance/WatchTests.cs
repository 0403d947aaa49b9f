using System.Text.Json;
using Mesh.Governance.State;
using Mesh.Tool.Tests.Governance;
using Microsoft.AspNetCore.Http;

namespace Mesh.Tool.Tests.Verbs.Governance;

/// <summary>Following a proposal to its end.</summary>
public sealed class WatchTests : ServedTests
{
    [Fact]
    public async Task Waiting_follows_a_change_to_its_promotion()
    {
        Server.Meanwhile = async hash =>
        {
            if (Mesh.State.Find(hash).Votes.IsEmpty)
                foreach (var member in new[] { "ada", "bob" })
                    Assert.Equal(0, (await Cli.RunAsync("approve", hash, "--as", member)).Code);
            else
                await Mesh.CarryOnAsync(hash);
        };
        var ran = await Cli.RunAsync("propose", "ensemble", "--k", "3", "--as", "eve", "--reason", "faster", "--wait");
        Assert.True(ran.Code == 0, ran.Error);
        Assert.Contains("promoted", ran.Output);
        Assert.Equal(3, Mesh.State.Configuration!.Routing.Ensemble.K);
        foreach (var seen in new[] { "open, 2 of 2 approvals", "approved", "deploying", "promoted" })
            Assert.Contains(seen, ran.Error);
    }

    [Fact]
    public async Task A_canary_that_is_undone_is_not_success()
    {
        var hash = await ProposeAsync();
        foreach (var member in new[] { "ada", "bob" })
            await Cli.RunAsync("approve", hash, "--as", member);
        await Mesh.CarryOnAsync(hash);
        await Mesh.CarryOnAsync(hash);
        var shown = await Cli.RunAsync("show", hash);
        Assert.Contains("12 of 30", shown.Output);
        Assert.Contains("40 of 30", shown.Output);
        Server.Meanwhile = h => Mesh.State.Find(h).Status == ProposalStatus.Deploying ? Mesh.ConfigureAsync(h, Stage.Undone) : Task.CompletedTask;
        var ran = await Cli.RunAsync("show", hash, "--wait", "--json");
        Assert.Equal(ExitCode.Refused, ran.Code);
        Assert.Equal("undone", JsonElement.Parse(ran.Output).GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_terminal_sees_it_live_and_then_the_end()
    {
        Server.Meanwhile = async hash =>
        {
            if (Mesh.State.Find(hash).Votes.IsEmpty)
                foreach (var member in new[] { "ada", "bob" })
                    await Cli.RunAsync("approve", hash, "--as", member);
            else
                await Mesh.CarryOnAsync(hash);
        };
        var ran = await Cli.RunAsync([], ["propose", "ensemble", "--k", "3", "--as", "eve", "--reason", "faster"]);
        Assert.True(ran.Code == 0, ran.Error);
        Assert.Contains("canary, 1 % of the sessions", ran.Error);
        Assert.Contains("promoted", ran.Output);
    }

    [Fact]
    public async Task A_watch_ends_by_Ctrl_C_or_its_timeout_and_the_proposal_goes_on()
    {
        var hash = await ProposeAsync();
        var late = await Cli.RunAsync("show", hash, "--wait", "--timeout", "0.3s");
        Assert.Equal(ExitCode.TimedOut, late.Code);
        Assert.Contains("The proposal goes on", late.Error);
        using var stop = new CancellationTokenSource();
        Server.Meanwhile = async _ => await stop.CancelAsync();
        var stopped = await Cli.RunAsync(null, ["show", hash, "--wait"], stop.Token);
        Assert.Equal(ExitCode.Interrupted, stopped.Code);
        Assert.Contains($"mesh show {hash[..12]} --wait", stopped.Error);
    }

    [Fact]
    public async Task A_watch_outlives_a_restart_of_the_mesh()
    {
        var hash = await ProposeAsync();
        var asked = 0;
        Server.Instead = request => request.Path.StartsWithSegments("/governance/proposals") && ++asked is > 1 and < 4 ? Results.StatusCode(503) : null;
        Server.Meanwhile = async h =>
        {
            if (asked >= 4 && Mesh.State.Find(h).Status == ProposalStatus.Open)
                await Mesh.WithdrawAsync(h, "eve");
        };
        var ran = await Cli.RunAsync("show", hash, "--wait");
        Assert.Equal(ExitCode.Refused, ran.Code);
        Assert.Contains("withdrawn", ran.Output);
    }
}
