using System.Text.Json;
using Mesh.Tool.Tests.Governance;
using Microsoft.AspNetCore.Http;

namespace Mesh.Tool.Tests.Verbs.SelfPrompt;

public sealed class SelfPromptVerbTests : ServedTests
{
    private const string Id = "6fbee4cbef67895205f706d7d22c50ea";
    private const string Other = "6fbe000000000000000000000000000a";
    private static readonly string Hash = new('c', 64);
    private readonly List<string> _bodies = [];

    [Fact]
    public async Task A_run_is_followed_until_it_waits_for_people()
    {
        var looks = 0;
        ServeRuns(() => ++looks < 2 ? Run(Id, "analyse") : Run(Id, "review", Hash));
        var ran = await Cli.RunAsync("selfprompt", "run", "--kind", "config_tuning");
        Assert.True(ran.Code == 0, ran.Error);
        Assert.Equal($"It waits for people: mesh show {Hash[..12]}", ran.Line);
        foreach (var said in new[] { $"{Id}: Look for a better gate.", "begin: Of begin.", "analyse: Of analyse.", "review: Of review." })
            Assert.Equal(2, ran.Error.Split(said).Length);   // each once
        var asked = JsonElement.Parse(Assert.Single(_bodies));
        Assert.Equal("config_tuning", asked.GetProperty("kind").GetString());
    }

    [Fact]
    public async Task Waiting_follows_it_also_while_people_decide()
    {
        var looks = 0;
        ServeRuns(() => ++looks < 2 ? Run(Id, "review", Hash) : Run(Id, "end", Hash, "kept"));
        var ran = await Cli.RunAsync("selfprompt", "run", "--wait");
        Assert.True(ran.Code == 0, ran.Error);
        Assert.Equal("It is over: kept", ran.Line);
        Assert.Equal("kept", JsonElement.Parse((await Cli.RunAsync("selfprompt", "run", "--json")).Output).GetProperty("status").GetString());
    }

    [Fact]
    public async Task Detached_it_prints_the_run_alone()
    {
        ServeRuns(() => throw new InvalidOperationException("Nothing is followed."));
        var ran = await Cli.RunAsync("selfprompt", "run", "--detach");
        Assert.Equal((0, Id), (ran.Code, ran.Output.Trim()));
        Assert.Equal(Id, JsonElement.Parse((await Cli.RunAsync("selfprompt", "run", "--detach", "--json")).Output).GetProperty("run").GetString());
    }

    [Fact]
    public async Task Following_ends_by_its_timeout_and_the_run_goes_on()
    {
        ServeRuns(() => Run(Id, "analyse"));
        var ran = await Cli.RunAsync("selfprompt", "run", "--timeout", "0.3s");
        Assert.Equal((ExitCode.TimedOut, ""), (ran.Code, ran.Output));
        Assert.Contains($"The run goes on: mesh selfprompt status {Id[..12]}", ran.Error);
    }

    [Fact]
    public async Task An_idea_is_handed_on_and_what_is_no_JSON_is_usage()
    {
        ServeRuns(() => Run(Id, "end", outcome: "refused_in_validation"));
        var broken = await Cli.RunAsync("selfprompt", "run", "--try", "{k: 4}");
        Assert.Equal((ExitCode.Usage, ""), (broken.Code, broken.Output));
        Assert.Contains("--try is no JSON", broken.Error);
        Assert.Empty(_bodies);
        Assert.Equal(0, (await Cli.RunAsync("selfprompt", "run", "--try", """{"kind":"set_ensemble","ensemble":{"k":4}}""")).Code);
        Assert.Equal(4, JsonElement.Parse(Assert.Single(_bodies)).GetProperty("idea").GetProperty("ensemble").GetProperty("k").GetInt32());
        Assert.Equal(ExitCode.Usage, (await Cli.RunAsync("selfprompt", "run", "--kind", "magic")).Code);
    }

    [Fact]
    public async Task The_status_has_the_agent_and_its_newest_runs()
    {
        ServeRuns(() => Run(Id, "review", Hash));
        var ran = await Cli.RunAsync("selfprompt", "status");
        Assert.True(ran.Code == 0, ran.Error);
        foreach (var shown in new[] { "on, as agent", "running", "mesh of the mesh", "4000 calls, 400000 tokens, 3600 s a run", Id[..12], Other[..12], "config_tuning", "all", Hash[..12] })
            Assert.Contains(shown, ran.Output);
        Assert.Equal("agent", JsonElement.Parse((await Cli.RunAsync("selfprompt", "status", "--json")).Output).GetProperty("member").GetString());
    }

    [Fact]
    public async Task A_run_is_named_by_its_first_digits()
    {
        ServeRuns(() => Run(Id, "review", Hash));
        var ran = await Cli.RunAsync("selfprompt", "status", Id[..6]);
        Assert.True(ran.Code == 0, ran.Error);
        foreach (var shown in new[] { Id, "review", "Of analyse." })
            Assert.Contains(shown, ran.Output);
        Assert.DoesNotContain(Other, ran.Output);
        Assert.Equal(Id, JsonElement.Parse((await Cli.RunAsync("selfprompt", "status", Id[..6], "--json")).Output).GetProperty("run").GetString());
        Assert.Contains("begins 2 runs", await FaultAsync(ExitCode.Usage, "status", "6fbe"));
        Assert.Contains("No run begins with 'ffff'", await FaultAsync(ExitCode.Refused, "status", "ffff"));
    }

    [Fact]
    public async Task The_report_has_both_intervals_in_numbers_and_on_one_axis()
    {
        Serve("GET", "/selfprompt/report", () => new
        {
            runs = new object[]
            {
                new { run = Id, begun = 1_790_000_000, outcome = "kept", summary = "It is kept.", promised = Estimate(2, 1, 3), measured = Estimate(2.5, 2, 4), kept = true },
                new { run = Other, begun = 1_790_000_000, outcome = "promise_broken", summary = "It is not.", promised = Estimate(2, 1, 3), measured = Estimate(-1, -2, 0), kept = false },
                new { run = new string('a', 32), begun = 1_790_000_000, summary = "It goes on." },
            },
        });
        var ran = await Cli.RunAsync("selfprompt", "report");
        Assert.True(ran.Code == 0, ran.Error);
        foreach (var shown in new[] { "+2 nats a token (+1 to +3)", "+2.5 nats a token (+2 to +4)", "yes", "-1 nats a token (-2 to +0)", "no", "promise_broken", "goes on" })
            Assert.Contains(shown, ran.Output);
        Assert.DoesNotContain("\\u", ran.Output);
        // 32 columns from 0 to 4: zero, the interval, its gain.
        Assert.Contains("|      --------o-------", ran.Output);
        Assert.Contains("|              ====o===========", ran.Output);
        // From -2 to 3: what is worse is left of zero.
        Assert.Contains("            |     ------o------", ran.Output);
        Assert.Contains("======o======", ran.Output);
        Assert.Equal(3, JsonElement.Parse((await Cli.RunAsync("selfprompt", "report", "--json")).Output).GetProperty("runs").GetArrayLength());
    }

    [Fact]
    public async Task A_halted_mesh_and_an_agent_that_is_away_are_told()
    {
        Server.Instead = _ => Results.Problem("The mesh is halted.", statusCode: 503, extensions: new Dictionary<string, object?> { ["code"] = "mesh_halted" });
        Assert.Contains("The mesh is halted.", await FaultAsync(ExitCode.Refused, "run"));
        Server.Instead = _ => Results.Json(new { error = new { message = "The self-prompt agent does not answer.", code = "selfprompt_unavailable" } }, statusCode: 503);
        Assert.Contains("The self-prompt agent does not answer.", await FaultAsync(ExitCode.Unreachable, "status"));
        Server.Instead = _ => Results.Problem("There is no task 'x'.", statusCode: 400, extensions: new Dictionary<string, object?> { ["code"] = "unknown_kind" });
        Assert.Contains("There is no task 'x'.", await FaultAsync(ExitCode.Refused, "run"));
    }

    /// <summary>Summaries hold what models and logs say.</summary>
    [Fact]
    public async Task Hostile_text_is_printed_plain()
    {
        const string Hostile = "[red]\u001b[2Jcleared\u202e";
        const string Shown = "[red]\\u001b[2Jcleared\\u202e";
        ServeRuns(() => Run(Id, "end", outcome: "kept", said: Hostile));
        Assert.Contains(Shown, (await Cli.RunAsync("selfprompt", "status", Id)).Output);
        var followed = await Cli.RunAsync("selfprompt", "run");
        Assert.Contains(Shown, followed.Error);
        Assert.DoesNotContain('\u001b', followed.Error + followed.Output);
    }

    private static object Estimate(double gain, double low, double high) => new { metric = "perplexity", unit = "nats a token", now = 3.1, with = 3.1 - gain, gain, low, high, samples = 48 };

    /// <summary>A run that got to a step.</summary>
    private static object Run(string id, string step, string? proposal = null, string outcome = "nothing_found", string? said = null)
    {
        string[] all = ["begin", "analyse", "review", "end"];
        var steps = all[..(Array.IndexOf(all, step) + 1)].Select((s, i) => new { index = i, step = s, summary = said ?? $"Of {s}.", at = 1_790_000_000 + i, proposal = s == "review" ? proposal : null });
        return new { run = id, kind = id == Id ? "config_tuning" : null, status = step == "end" ? outcome : step, is_over = step == "end", begun = 1_790_000_000, proposal, steps };
    }

    private async Task<string> FaultAsync(int code, params string[] arguments)
    {
        var ran = await Cli.RunAsync(["selfprompt", .. arguments]);
        Assert.Equal((code, ""), (ran.Code, ran.Output));
        return ran.Error;
    }

    private void Serve(string method, string path, Func<object> answer) => Server.Instead = request => request.Method == method && request.Path == path ? Results.Json(answer()) : null;

    /// <summary>An agent with this run and another.</summary>
    private void ServeRuns(Func<object> run) => Server.Instead = request => (request.Method, request.Path.Value) switch
    {
        ("POST", "/selfprompt/runs") => Begin(request),
        ("GET", "/selfprompt/runs") => Results.Json(new { runs = new[] { run(), Run(Other, "end") } }),
        ("GET", $"/selfprompt/runs/{Id}") => Results.Json(run()),
        ("GET", "/selfprompt/status") => Results.Json(new
        {
            enabled = true, mesh = "running", member = "agent", model = "mesh", endpoint = "the mesh", budget = new { calls = 4000, tokens = 400_000, seconds = 3600 }, open = new[] { Id }, kinds = new[] { "config_tuning" },
        }),
        _ => null,
    };

    private IResult Begin(HttpRequest request)
    {
        using var reader = new StreamReader(request.Body);
        _bodies.Add(reader.ReadToEndAsync().GetAwaiter().GetResult());
        return Results.Json(new { run = Id, preview = "Look for a better gate.", kind = "config_tuning" }, statusCode: 202);
    }
}
