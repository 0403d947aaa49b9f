using System.Text.Json;
using Mesh.Tool.Tests.Governance;
using Microsoft.AspNetCore.Http;

namespace Mesh.Tool.Tests.Verbs.Governance;

public sealed class StatusVerbTests : ServedTests
{
    [Fact]
    public async Task The_status_has_quorum_nodes_phase_halts_and_what_is_open()
    {
        var hash = await ProposeAsync();
        await Cli.RunAsync("halt", "--yes", "--reason", "it insults people", "--as", "bob");
        var ran = await Cli.RunAsync("status");
        Assert.True(ran.Code == 0, ran.Error);
        foreach (var shown in new[] { "lab, configuration 1", "held, 3.2 s left", "2 of 3; 3 of 3 entries are committed", "degraded: Phase 2 needs 8 experts", "it insults people", "worker-1", "0 s ago", hash[..12] })
            Assert.Contains(shown, ran.Output);
        var json = JsonElement.Parse((await Cli.RunAsync("status", "--json")).Output);
        Assert.Equal((1, 1), (json.GetProperty("status").GetProperty("halts").GetArrayLength(), json.GetProperty("open").GetArrayLength()));
        Assert.Contains("degraded", (await Cli.RunAsync("phase")).Output);
        Assert.Equal(2, JsonElement.Parse((await Cli.RunAsync("phase", "--json")).Output).GetProperty("current").GetInt32());
    }

    [Fact]
    public async Task What_waits_is_what_one_may_vote_on_and_has_not()
    {
        var hash = await ProposeAsync();
        Assert.Contains(hash[..12], (await Cli.RunAsync("waiting", "--as", "ada")).Output);
        Assert.Equal("", (await Cli.RunAsync("waiting", "--as", "eve")).Output);
        await Cli.RunAsync("approve", hash, "--as", "ada");
        Assert.Equal("[]", (await Cli.RunAsync("waiting", "--as", "ada", "--json")).Line);
        Assert.Contains(hash[..12], (await Cli.RunAsync("waiting", "--all")).Output);
    }

    [Fact]
    public async Task A_mesh_that_is_not_there_or_none_is_unreachable()
    {
        Cli.Variables["MESH_URL"] = "http://127.0.0.1:1";
        Assert.Contains("MESH_URL", await FaultAsync(ExitCode.Unreachable));
        Cli.Variables["MESH_URL"] = "no address";
        await FaultAsync(ExitCode.Usage);
        Cli.Variables["MESH_URL"] = Server.Url;
        Server.Instead = _ => Results.NotFound();
        Assert.Contains("There is no governance", await FaultAsync(ExitCode.Unreachable));
        Server.Instead = _ => Results.Text("<html>");
        Assert.Contains("is no governance of a mesh", await FaultAsync(ExitCode.Unreachable));
        Server.Instead = _ => Results.Json(new { mesh = "lab" });
        await FaultAsync(ExitCode.Unreachable);
        Server.Instead = _ => Results.Json(new { error = new { message = "The governance service does not answer.", code = "governance_unavailable" } }, statusCode: 503);
        Assert.Contains("The governance service does not answer.", await FaultAsync(ExitCode.Unreachable));
    }

    [Fact]
    public async Task An_API_key_is_shown_and_asked_for()
    {
        Server.Instead = request => request.Headers.Authorization == "Bearer secret" ? null : Results.Json(new { error = new { message = "Incorrect API key.", code = "invalid_api_key" } }, statusCode: 401);
        Assert.Contains("MESH_API_KEY", await FaultAsync(ExitCode.Refused));
        Assert.Equal(0, (await Cli.RunAsync("status", "--api-key", "secret")).Code);
        Cli.Variables["MESH_API_KEY"] = "secret";
        Assert.Equal(0, (await Cli.RunAsync("status")).Code);
    }

    [Fact]
    public async Task Without_a_quorum_it_is_kept_and_the_exit_code_says_not_yet()
    {
        Server.Instead = request => request.Method == "POST" && request.Path == "/governance/proposals"
            ? Results.Problem("1 of 3 nodes cosigned; 2 are needed.", statusCode: 503, extensions: new Dictionary<string, object?> { ["code"] = "quorum_unavailable", ["index"] = 7 }) : null;
        var ran = await Cli.RunAsync("propose", "ensemble", "--k", "3", "--as", "eve", "--reason", "x");
        Assert.Equal((ExitCode.TimedOut, ""), (ran.Code, ran.Output));
        Assert.Contains("counts by itself", ran.Error);
    }

    private async Task<string> FaultAsync(int code)
    {
        var ran = await Cli.RunAsync("status");
        Assert.Equal((code, ""), (ran.Code, ran.Output));
        return ran.Error;
    }
}
