using System.CommandLine;

namespace Mesh.Tool.Verbs.Simulate;

/// <summary><c>mesh simulate</c>: the mesh, and what a mechanism would be worth, in virtual time.</summary>
internal static class SimulateVerb
{
    public static Command Create(Terminal terminal)
    {
        var command = ScenarioVerb.Create(terminal);
        command.Subcommands.Add(WindowsVerb.Create(terminal));
        command.Subcommands.Add(PriorsVerb.Create(terminal));
        return command;
    }
}
