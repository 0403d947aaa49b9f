using System.Text.Json;
using Mesh.Governance.Acts;
using Mesh.Tool.Tests.Governance;
using Microsoft.AspNetCore.Http;

namespace Mesh.Tool.Tests.Verbs.Governance;

public sealed class HaltVerbTests : ServedTests
{
    private const string Nobody = "http://127.0.0.1:1";

    [Fact]
    public async Task One_member_on_call_halts_and_two_others_resume()
    {
        var halted = await Cli.RunAsync("halt", "--yes", "--reason", "it insults people", "--as", "bob");
        Assert.True(halted.Code == 0, halted.Error);
        Assert.Equal("bob", Mesh.State.Halts[halted.Line].Act.Requester);
        Assert.Contains("router-1, worker-1", halted.Error);

        var own = await Cli.RunAsync("resume", "--as", "bob", "--as", "ada", "--reason", "all is well");
        Assert.Equal(ExitCode.Refused, own.Code);
        Assert.True(Mesh.State.IsHalted);
        var resumed = await Cli.RunAsync("resume", "--as", "ada", "--as", "eve", "--halt", halted.Line[..8], "--reason", "all is well");
        Assert.True(resumed.Code == 0, resumed.Error);
        Assert.False(Mesh.State.IsHalted);
        Assert.Equal(ExitCode.Refused, (await Cli.RunAsync("resume", "--as", "ada", "--as", "eve", "--reason", "x")).Code);
    }

    [Fact]
    public async Task A_resume_is_passed_on_as_a_note()
    {
        await Cli.RunAsync("halt", "--yes", "--reason", "it insults people", "--as", "bob");
        var first = await Cli.RunAsync("resume", "--as", "ada", "--reason", "all is well", "--print");
        Assert.True(first.Code == 0, first.Error);
        Assert.Single(SignedAct.Parse<ResumeOrder>(first.Output).Note.Signatures);
        Assert.True(Mesh.State.IsHalted);
        var note = Path.Combine(Mesh.Data, "resume.note");
        await File.WriteAllTextAsync(note, first.Output);
        var same = await Cli.RunAsync("resume", "--as", "ada", "--note", note);
        Assert.Equal(ExitCode.Refused, same.Code);
        Assert.Contains("this one has 1", same.Error);
        var second = await Cli.RunAsync("resume", "--as", "eve", "--note", note);
        Assert.True(second.Code == 0, second.Error);
        Assert.Contains("it insults people", second.Error);   // what ends is shown before it is signed
        Assert.False(Mesh.State.IsHalted);
        await File.WriteAllTextAsync(note, first.Output.Replace("all is well", "all was well").Replace(",\"time", ", \"time"));
        Assert.Equal(ExitCode.Refused, (await Cli.RunAsync("resume", "--as", "eve", "--note", note)).Code);
    }

    [Fact]
    public async Task Nodes_are_told_directly_all_at_once_with_no_governance_in_reach()
    {
        Cli.Variables["MESH_URL"] = Nobody;
        var ran = await Cli.RunAsync("halt", "--yes", "--reason", "now", "--as", "ada", "--direct", Server.Url, $"{Server.Url}/sub/..");
        Assert.True(ran.Code == 0, ran.Error);
        Assert.All(Server.Halts, h => Assert.Equal(("ada", "now", GovernedMesh.Name), (h.Requester, h.Reason, h.Mesh)));
        Assert.Contains("router-1", ran.Output);
        Assert.Matches(@"\d+ ms", ran.Output);
    }

    [Fact]
    public async Task Who_was_not_reached_is_named_and_the_others_are_halted()
    {
        var ran = await Cli.RunAsync("halt", "--yes", "--reason", "now", "--as", "ada", "--json", "--direct", Nobody, Server.Url);
        Assert.Equal(ExitCode.Unreachable, ran.Code);
        var outcomes = JsonElement.Parse(ran.Output).EnumerateArray().ToArray();
        Assert.Equal((JsonValueKind.String, JsonValueKind.Null), (outcomes[0].GetProperty("fault").ValueKind, outcomes[1].GetProperty("fault").ValueKind));
        Assert.Contains($"Not halted: {Nobody}", ran.Error);
        Assert.Single(Server.Halts);
    }

    [Fact]
    public async Task A_node_that_does_not_answer_or_refuses_is_not_halted()
    {
        Server.Instead = request => request.Path == "/chorus/halt" ? Results.Problem("no genesis", statusCode: 503) : null;
        var refused = await Cli.RunAsync("halt", "--yes", "--reason", "now", "--as", "ada", "--direct", Server.Url);
        Assert.Equal(ExitCode.Unreachable, refused.Code);
        Assert.Contains("no genesis", refused.Output);
        using var silent = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        var late = await Cli.RunAsync("halt", "--yes", "--reason", "now", "--as", "ada", "--timeout", "0.2s", "--direct", $"http://{silent.LocalEndpoint}");
        Assert.Equal(ExitCode.Unreachable, late.Code);
        Assert.Contains("no answer in time", late.Output);
    }

    [Fact]
    public async Task Without_a_router_the_direct_way_is_named()
    {
        Cli.Variables["MESH_URL"] = Nobody;
        var ran = await Cli.RunAsync("halt", "--yes", "--reason", "now", "--as", "ada");
        Assert.Equal((ExitCode.Unreachable, ""), (ran.Code, ran.Output));
        Assert.Contains("mesh halt --direct URL", ran.Error);
    }

    [Fact]
    public async Task A_router_without_governance_says_who_is_missing()
    {
        Server.Instead = request => request.Path == "/governance/halt" ? Results.Text("""{"governance":"unavailable","node":"router-1","halted":true,"halts":[],"reached":["router-1"],"unreached":["worker-1"],"committed":false}""") : null;
        var ran = await Cli.RunAsync("halt", "--yes", "--reason", "now", "--as", "ada");
        Assert.Equal(ExitCode.Unreachable, ran.Code);
        Assert.Contains("Halted: router-1", ran.Error);
        Assert.Contains("Not reached yet: worker-1", ran.Error);
        Assert.Contains("not in the ledger yet", ran.Error);
    }

    [Fact]
    public async Task Without_a_quorum_the_entry_that_waits_is_named()
    {
        Server.Instead = request => request.Path == "/governance/halt" ? Results.Text("""{"halt":"a","halted":true,"reached":["router-1"],"unreached":[],"index":7,"committed":false}""") : null;
        var ran = await Cli.RunAsync("halt", "--yes", "--reason", "now", "--as", "ada");
        Assert.Equal(ExitCode.Ok, ran.Code);
        Assert.Contains("entry 7 in the ledger waits", ran.Error);
    }

    [Theory]
    [InlineData("""{"halt":"0","halted":false,"reached":["governance","router-1"],"unreached":["worker-1"]}""", "governance, router-1")]
    [InlineData("""{"governance":"unavailable","node":"router-1","halted":false,"halts":[],"reached":["router-1"],"unreached":["worker-1"]}""", "router-1")]
    public async Task A_resume_says_who_goes_on_and_who_was_not_reached(string answer, string reached)
    {
        await Cli.RunAsync("halt", "--yes", "--reason", "now", "--as", "bob");
        Server.Instead = request => request.Path == "/governance/resume" ? Results.Text(answer) : null;
        var ran = await Cli.RunAsync("resume", "--as", "ada", "--as", "eve", "--reason", "all is well");
        Assert.Equal(ExitCode.Unreachable, ran.Code);
        Assert.Contains($"Resumed: {reached}.", ran.Error);
        Assert.Contains("Not reached yet: worker-1", ran.Error);
    }

    [Fact]
    public async Task A_note_is_printed_and_not_sent()
    {
        var ran = await Cli.RunAsync("halt", "--reason", "now", "--as", "ada", "--print");
        SignedAct.Parse<HaltOrder>(ran.Output).Verify(Mesh.Genesis.Configuration);
        Assert.False(Mesh.State.IsHalted);
        Assert.Equal(ExitCode.Refused, (await Cli.RunAsync("halt", "--yes", "--reason", "now", "--as", "eve")).Code);   // neither on call nor admin
    }

    [Fact]
    public async Task A_terminal_is_asked_unless_yes()
    {
        Assert.Equal(ExitCode.Refused, (await Cli.RunAsync(["n"], ["halt", "--reason", "now", "--as", "ada"])).Code);
        Assert.False(Mesh.State.IsHalted);
        Assert.Equal(0, (await Cli.RunAsync([], ["halt", "--yes", "--reason", "now", "--as", "ada"])).Code);
        Assert.True(Mesh.State.IsHalted);
    }
}
