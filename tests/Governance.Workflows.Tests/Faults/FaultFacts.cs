using System.Diagnostics;
using Mesh.Testing.Sidecars;
using Xunit.Abstractions;

namespace Governance.Workflows.Tests.Faults;

/// <summary>
/// The program, its sidecar and with it the store are killed at every step of every workflow. Usually each story is told once with a death at every step, the victims in
/// turn; MESH_FAULTS=all tells it once for each step and each victim, and MESH_FAULTS_SEED chooses other moments.
/// </summary>
public abstract class FaultFacts<TFixture>(TFixture fixture, ITestOutputHelper output) : IClassFixture<TFixture> where TFixture : FaultFixture
{
    private static readonly bool IsAll = Environment.GetEnvironmentVariable("MESH_FAULTS") == "all";
    private static readonly int Seed = int.TryParse(Environment.GetEnvironmentVariable("MESH_FAULTS_SEED"), out var seed) ? seed : 1;

    public static TheoryData<string> Names => [.. Stories.All.Keys];

    [SkippableTheory, MemberData(nameof(Names))]
    public async Task Whoever_is_killed_at_whichever_step_it_ends_as_it_would_have(string name)
    {
        Skip.If(fixture.Missing is not null, fixture.Missing);
        var (mesh, story) = (fixture.Mesh, Stories.All[name]);
        var (random, clock, kills, begun) = (new Random(Seed), Stopwatch.StartNew(), 0, Count(mesh, "is begun again"));
        await TellAsync(mesh, story);
        var plans = Plans(mesh, story.Steps, random).ToArray();
        foreach (var plan in plans)
            kills += await TellAsync(mesh, story, plan);
        await mesh.VerifyAsync();
        output.WriteLine($"{name}: {story.Steps.Count} steps, {plans.Length} tellings with {kills} kills in {clock.Elapsed.TotalSeconds:0} s; begun again {Count(mesh, "is begun again") - begun}.");
    }

    /// <returns>How often somebody was killed.</returns>
    private static async Task<int> TellAsync(GovernedMesh mesh, Story story, params Kill[] plan)
    {
        if (story == Stories.All["halt"])
        {
            // Something that a halt can undo.
            using var change = await Telling.BeginAsync(mesh);
            await Stories.Promoted.TellAsync(change);
            await change.EndAsync(Stories.Promoted.Steps);
        }
        using var telling = await Telling.BeginAsync(mesh, plan);
        await story.TellAsync(telling);
        await telling.EndAsync(story.Steps);
        return telling.Kills;
    }

    /// <summary>Victims in turn, moments by chance; an act's entry has one more: its answer.</summary>
    private static IEnumerable<Kill[]> Plans(GovernedMesh mesh, IReadOnlyList<string> steps, Random random)
    {
        var victims = Victims(mesh);
        Kill At(int step, IReadOnlyList<string> dead)
        {
            var isAct = steps[step].Split('/')[0] is "proposal" or "vote" or "halt" or "resume";
            return new(step, dead, isAct ? (Moment)random.Next(4) : new[] { Moment.Written, Moment.Committed, Moment.Later }[random.Next(3)], TimeSpan.FromMilliseconds(random.Next(400)));
        }
        if (!IsAll)
        {
            var first = random.Next(victims.Count);
            yield return [.. Enumerable.Range(0, steps.Count).Select(step => At(step, victims[(first + step) % victims.Count]))];
            yield break;
        }
        for (var step = 0; step < steps.Count; step++)
            foreach (var dead in victims)
                yield return [At(step, dead)];
    }

    /// <summary>Each process alone, governance with its sidecar, and where there are more, all of them.</summary>
    private static IReadOnlyList<IReadOnlyList<string>> Victims(GovernedMesh mesh) =>
    [
        .. mesh.Processes.Select(p => (IReadOnlyList<string>)[p]), [.. mesh.Processes.Take(2)],
        .. mesh.Processes.Count > 2 ? [mesh.Processes] : Array.Empty<IReadOnlyList<string>>(),
    ];

    private static int Count(GovernedMesh mesh, string words) => mesh.Log.Count(line => line.Contains(words, StringComparison.Ordinal));
}

/// <summary>One mesh for all stories: starting one takes longer than telling one.</summary>
public abstract class FaultFixture : IAsyncLifetime
{
    private readonly Func<SidecarProcesses> _sidecar;
    private GovernedMesh? _mesh;

    private protected FaultFixture(Func<SidecarProcesses> sidecar, string? missing) => (_sidecar, Missing) = (sidecar, missing);

    /// <summary>Why it cannot run here.</summary>
    public string? Missing { get; }

    internal GovernedMesh Mesh => _mesh!;

    public async Task InitializeAsync()
    {
        if (Missing is null)
            _mesh = await GovernedMesh.StartAsync(_sidecar());
    }

    public async Task DisposeAsync()
    {
        if (_mesh is not null)
            await _mesh.DisposeAsync();
    }
}
