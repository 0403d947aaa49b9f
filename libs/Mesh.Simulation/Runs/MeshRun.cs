using Mesh.Simulation.Scenarios;
using Mesh.Simulation.Timelines;

namespace Mesh.Simulation.Runs;

/// <summary>One run of a scenario. The same scenario and seed give the same run.</summary>
/// <param name="Nodes">How many.</param>
/// <param name="Routers">Numbers of those that answer users.</param>
/// <param name="Fault">What did not hold; null when all held.</param>
public sealed record MeshRun(Scenario Scenario, int Seed, int Nodes, int Quorum, IReadOnlyList<int> Routers, Timeline Timeline, MeshFigures Figures, string? Fault)
{
    public static MeshRun Of(Scenario scenario, int seed)
    {
        var mesh = new MeshSimulation(scenario.Name, scenario.Plan, seed);
        string? fault = null;
        try
        {
            mesh.Run();
        }
        catch (InvariantException broken)
        {
            fault = broken.Message;
        }
        catch (Exception other)
        {
            fault = $"Scenario {scenario.Name}, seed {seed}: {other}";
        }
        return new(scenario, seed, mesh.Nodes.Length, mesh.Quorum, [.. mesh.Nodes.Where(n => n.Router is not null).Select(n => n.Number)], mesh.Timeline, mesh.Record.Figures(), fault);
    }
}
