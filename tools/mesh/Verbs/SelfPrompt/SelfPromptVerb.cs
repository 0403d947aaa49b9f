using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Tool.Governance;
using Mesh.Tool.SelfPrompt;
using Mesh.Tool.Verbs.Governance;

namespace Mesh.Tool.Verbs.SelfPrompt;

/// <summary><c>mesh selfprompt</c>: the mesh looks for what it could do better; people decide.</summary>
internal static class SelfPromptVerb
{
    private static readonly string[] Kinds = ["scheduler_optimization", "config_tuning", "security_log_analysis", "test_generation", "governance_proposal_draft"];

    public static Command Create(Terminal terminal) => new("selfprompt", "The agent that improves the mesh: begin a run, see how runs stand, promised against measured.")
    {
        Run(terminal), Status(terminal), Report(terminal),
    };

    private static Verb Run(Terminal terminal)
    {
        var kind = new Option<string?>("--kind") { Description = $"One kind of task alone: {string.Join(", ", Kinds)}." };
        kind.AcceptOnlyFromAmong(Kinds);
        var idea = new Option<string?>("--try") { Description = "A change to try in place of what the analysers find, as JSON: {\"kind\":\"set_ensemble\",\"ensemble\":{\"k\":4}}.", HelpName = "operation" };
        var wait = new Option<bool>("--wait") { Description = "Follows the run to its end, also while people decide; else until it waits for them." };
        var detach = new Option<bool>("--detach") { Description = "Begins the run and follows nothing." };
        var command = new Verb("run", "Begins a run: observe, analyse, propose, validate, review, apply, measure, keep or undo.", "mesh selfprompt run --kind config_tuning") { kind, idea, wait, detach };
        var waiting = new WaitOptions(command);
        var mesh = new MeshOptions(command, terminal);
        command.Does(terminal, async (arguments, cancellationToken) =>
        {
            using var client = mesh.Open(arguments);
            var raw = await client.PostAsync("selfprompt/runs", new JsonObject { ["kind"] = arguments.GetValue(kind), ["idea"] = Parse(arguments.GetValue(idea)) }.ToJsonString(), cancellationToken);
            var begun = client.Read(raw, AgentAnswerJson.Default.BegunAnswer);
            if (arguments.GetValue(detach))
            {
                terminal.Print(mesh.IsJson(arguments) ? raw.GetRawText() : begun.Run);
                return ExitCode.Ok;
            }
            terminal.Say($"{begun.Run}: {begun.Preview}");
            return await new RunWatch(terminal, client, mesh.IsJson(arguments)).FollowAsync(begun.Run, arguments.GetValue(wait), waiting.Timeout(arguments), cancellationToken);
        });
        return command;
    }

    /// <exception cref="ToolException">It is no JSON.</exception>
    private static JsonNode? Parse(string? json)
    {
        try
        {
            return json is null ? null : JsonNode.Parse(json);
        }
        catch (JsonException fault)
        {
            throw ToolException.Usage($"--try is no JSON: {fault.Message}");
        }
    }

    private static Verb Status(Terminal terminal)
    {
        var run = new Argument<string?>("run") { Description = "A run, or its first digits; without it the agent and its newest runs.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Verb("status", "How the agent and its runs stand.", "mesh selfprompt status") { run };
        var mesh = new MeshOptions(command, terminal);
        command.Does(terminal, async (arguments, cancellationToken) =>
        {
            using var client = mesh.Open(arguments);
            var list = client.Read(await client.GetAsync("selfprompt/runs?limit=200", cancellationToken), AgentAnswerJson.Default.RunsAnswer).Runs;
            if (arguments.GetValue(run) is { } text)
            {
                var found = list.Where(r => r.Run.StartsWith(text, StringComparison.Ordinal)).ToArray() switch
                {
                    [var one] => one,
                    [] => throw new ToolException(ExitCode.Refused, $"No run begins with '{Plain.Of(text)}'."),
                    var several => throw ToolException.Usage($"'{Plain.Of(text)}' begins {several.Length} runs."),
                };
                if (mesh.IsJson(arguments))
                    terminal.Print((await client.GetAsync($"selfprompt/runs/{found.Run}", cancellationToken)).GetRawText());
                else
                    terminal.Out.Write(AgentViews.Run(found));
                return ExitCode.Ok;
            }
            var raw = await client.GetAsync("selfprompt/status", cancellationToken);
            if (mesh.IsJson(arguments))
                terminal.Print(raw.GetRawText());
            else
                terminal.Out.Write(AgentViews.Status(client.Read(raw, AgentAnswerJson.Default.AgentStatusAnswer), [.. list.Take(10)]));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Verb Report(Terminal terminal)
    {
        var limit = new Option<int>("--limit") { Description = "Newest runs, 1 to 200.", DefaultValueFactory = _ => 20 };
        var command = new Verb("report", "What runs promised against what was measured.", "mesh selfprompt report") { limit };
        var mesh = new MeshOptions(command, terminal);
        command.Does(terminal, async (arguments, cancellationToken) =>
        {
            using var client = mesh.Open(arguments);
            var raw = await client.GetAsync($"selfprompt/report?limit={Math.Clamp(arguments.GetValue(limit), 1, 200)}", cancellationToken);
            if (mesh.IsJson(arguments))
                terminal.Print(raw.GetRawText());
            else
                terminal.Out.Write(AgentViews.Report(client.Read(raw, AgentAnswerJson.Default.ReportAnswer)));
            return ExitCode.Ok;
        });
        return command;
    }
}
