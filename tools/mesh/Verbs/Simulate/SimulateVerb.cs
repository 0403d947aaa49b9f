using System.CommandLine;

namespace Mesh.Tool.Verbs.Simulate;

/// <summary><c>mesh simulate</c>: what a mechanism would be worth, in virtual time.</summary>
internal static class SimulateVerb
{
    public static Command Create(Terminal terminal) => new("simulate", "Simulations of the mesh in virtual time; a seed is one run.") { WindowsVerb.Create(terminal), PriorsVerb.Create(terminal) };
}
