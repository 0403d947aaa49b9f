using System.CommandLine;
using Mesh.Governance.Operations;
using Mesh.Tool.Governance;
using Mesh.Tool.Governance.Views;

namespace Mesh.Tool.Verbs.Governance;

/// <summary><c>mesh phase</c>: how far the mesh is, or a proposal to go to another phase.</summary>
internal static class PhaseVerb
{
    public static Command Create(Terminal terminal)
    {
        var phase = new Argument<int?>("phase") { Description = "0 one expert alone, 1 uniform weights, 2 the learned gate, 3 one that goes on learning. Without it the phase is shown.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Verb("phase", "Shows the mesh's phase, or proposes another.", "mesh phase 2 --reason 'the gate is trained'") { phase };
        var flow = new ProposalFlow(command, terminal);
        command.Does(terminal, (arguments, cancellationToken) => arguments.GetValue(phase) is { } wanted
            ? flow.ProposeAsync(arguments, _ => Task.FromResult<Operation>(new SetPhase(wanted)), cancellationToken)
            : ShowAsync(terminal, flow.Mesh, arguments, cancellationToken));
        return command;
    }

    /// <summary>The same below <c>mesh propose</c>.</summary>
    public static Command Propose(Terminal terminal)
    {
        var phase = new Argument<int>("phase") { Description = "0 to 3." };
        var command = new Verb("phase", "Another phase.", "mesh propose phase 2 --reason 'the gate is trained'") { phase };
        ProposalFlow.Attach(command, terminal, arguments => new SetPhase(arguments.GetValue(phase)));
        return command;
    }

    private static async Task<int> ShowAsync(Terminal terminal, MeshOptions mesh, ParseResult arguments, CancellationToken cancellationToken)
    {
        using var client = mesh.Open(arguments);
        var raw = await client.GetAsync("governance/status", cancellationToken);
        var phase = client.Read(raw, AnswerJson.Default.StatusAnswer).Phase;
        terminal.Print(mesh.IsJson(arguments) ? raw.TryGetProperty("phase", out var json) ? json.GetRawText() : "null" : StatusView.Phase(phase));
        return ExitCode.Ok;
    }
}
