using Mesh.Testing.Load;

namespace Mesh.EndToEnd.Tests;

public sealed class BusyMesh() : MeshFixture("--Mesh:Sidecar=embedded");

/// <summary>Found where "What is 17 + 25?" was 55 once: load costs time, not truth.</summary>
public sealed class BusyMachineTests(BusyMesh mesh) : IClassFixture<BusyMesh>
{
    private const int OfEachKind = 200, Clients = 8;

    [Fact]
    public async Task Answers_under_load_are_those_of_an_idle_mesh()
    {
        // Nobody moves between the two runs.
        await MeshFixture.Eventually(async () => (await mesh.Router.ExpertsAsync()).Select(e => e.Worker).Distinct().Count() == 2, "there are experts on both workers", TimeSpan.FromMinutes(3));
        var questions = GreedyQuestions.Take(OfEachKind);
        var idle = await GreedyQuestions.AskAsync(mesh.Router, questions, clients: 1);
        string[] busy;
        using (new CpuHog(Environment.ProcessorCount))
            busy = await GreedyQuestions.AskAsync(mesh.Router, questions, Clients);
        var different = Enumerable.Range(0, questions.Count).Where(n => idle[n] != busy[n]).Select(n => $"{n}: {idle[n]} | {busy[n]}").ToList();
        Assert.True(different.Count <= questions.Count / 200, string.Join(Environment.NewLine, different));
    }
}
