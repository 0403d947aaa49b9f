using System.Collections.Concurrent;
using System.Globalization;
using Mesh.Simulation.Runs;
using Mesh.Simulation.Scenarios;

namespace Mesh.Simulation.Tests.Runs;

public sealed class MeshSimulationTests
{
    /// <summary>Over all scenarios; more with MESH_TEST_SCHEDULES.</summary>
    private static readonly int Seeds = Math.Max(20 * Scenario.All.Count, int.TryParse(Environment.GetEnvironmentVariable("MESH_TEST_SCHEDULES"), CultureInfo.InvariantCulture, out var n) ? n : 10_000);

    [Fact]
    public void Whatever_goes_wrong_all_invariants_hold()
    {
        var runs = new ConcurrentDictionary<string, ConcurrentBag<MeshFigures>>();
        var failures = new ConcurrentQueue<string>();
        Parallel.For(0, Seeds, new() { MaxDegreeOfParallelism = 2 }, (seed, state) =>
        {
            var run = MeshRun.Of(Scenario.All[seed % Scenario.All.Count], seed);
            if (run.Fault is { } fault)
                failures.Enqueue(fault);
            if (failures.Count >= 5)
                state.Stop();
            runs.GetOrAdd(run.Scenario.Name, _ => []).Add(run.Figures);
        });
        Assert.True(failures.IsEmpty, string.Join(Environment.NewLine, failures));
        // The runs are worth something only if all of this happens in them.
        Assert.All(Scenario.All, s => Assert.True(runs[s.Name].Average(f => f.Finished) > 1 && runs[s.Name].Average(f => f.Heads) > 3, s.Name));
        Assert.All(runs.Values.SelectMany(r => r), f => Assert.Equal(0, f.SplitBrains));
        Assert.All(new Func<MeshFigures, int>[] { f => f.Errors, f => f.Cancelled, f => f.Halted, f => f.Crashed, f => f.Refused, f => f.Changes, f => f.Halts },
            count => Assert.True(runs.Values.Sum(r => r.Sum(count)) > Seeds / 100));
    }
}
