using System.Diagnostics;
using Governance.Workflows.Approval;
using Governance.Workflows.Deployment;
using Mesh.Governance.Acts;
using Mesh.Testing.Sidecars;
using Xunit.Abstractions;

namespace Governance.Workflows.Tests.Faults;

/// <summary>
/// The program, its sidecar and with it the store are killed at the steps of every workflow. Usually each story is told once with a death at every third step, the victims in
/// turn; MESH_FAULTS=all tells it once for each step and each victim. MESH_FAULTS_SEED chooses other steps and moments.
/// </summary>
public abstract class FaultFacts<TFixture>(TFixture fixture, ITestOutputHelper output) : IClassFixture<TFixture> where TFixture : FaultFixture
{
    private const int Stride = 3;
    private static readonly bool IsAll = Environment.GetEnvironmentVariable("MESH_FAULTS") == "all";
    private static readonly int Seed = int.TryParse(Environment.GetEnvironmentVariable("MESH_FAULTS_SEED"), out var seed) ? seed : 1;

    public static TheoryData<string> Names => [.. Stories.All.Keys];

    [SkippableTheory, MemberData(nameof(Names))]
    public async Task Whoever_is_killed_at_whichever_step_it_ends_as_it_would_have(string name)
    {
        Skip.If(fixture.Missing is not null, fixture.Missing);
        var (mesh, story) = (fixture.Mesh, Stories.All[name]);
        var (random, clock, kills, begun) = (new Random(Seed + Stories.All.Keys.ToList().IndexOf(name)), Stopwatch.StartNew(), 0, mesh.BegunAgain.Count);
        await TellAsync(mesh, story);
        var plans = Plans(mesh, story.Steps, random).ToArray();
        foreach (var plan in plans)
            kills += await TellAsync(mesh, story, plan);
        await mesh.VerifyAsync();
        output.WriteLine($"{name}: {story.Steps.Count} steps, {plans.Length} tellings with {kills} kills in {clock.Elapsed.TotalSeconds:0} s; begun again {mesh.BegunAgain.Count - begun}.");
    }

    /// <summary>Deaths that once left something undone for good.</summary>
    [SkippableTheory]
    [InlineData("promoted", 4, Moment.Committed, "the probes of its canary ended with governance")]
    [InlineData("evaluation", 0, Moment.Written, "nobody began what was approved as it was proposed")]
    [InlineData("halt", 3, Moment.Written, "the resume was written, and no node heard of it")]
    public async Task What_died_with_governance_is_taken_up_again(string name, int step, object moment, string lost)
    {
        Skip.If(fixture.Missing is not null, fixture.Missing);
        output.WriteLine(lost);
        Assert.Equal(1, await TellAsync(fixture.Mesh, Stories.All[name], new Kill(step, [GovernedMesh.Governance], (Moment)moment, TimeSpan.Zero)));
    }

    [SkippableFact]
    public async Task A_workflow_that_somebody_ended_is_begun_again()
    {
        Skip.If(fixture.Missing is not null, fixture.Missing);
        using var telling = await Telling.BeginAsync(fixture.Mesh);
        var hash = await telling.ProposeAsync("ada", await Stories.ChangeAsync(telling));
        var id = ApprovalWorkflow.IdOf(hash);
        // More than once: it is started by whoever took the proposal and by the overseer, and a start that comes after its end is a new beginning that nobody speaks of.
        await fixture.Mesh.EventuallyAsync(async () =>
        {
            if (fixture.Mesh.BegunAgain.Any(line => IsAbout(line, id)))
                return true;
            if (await fixture.Mesh.Workflows.GetWorkflowStateAsync(id) is { IsWorkflowRunning: true })
                await fixture.Mesh.Workflows.TerminateWorkflowAsync(id);
            return false;
        }, () => $"{id} is begun again");
        await telling.VoteAsync(hash, VoteChoice.Approve, "ben", "cleo");
        await telling.StatusAsync(hash, "promoted");
        await telling.EndAsync(Stories.Promoted.Steps);
    }

    /// <summary>As daprd 1.16 does when it loses the timer or the reminder of a workflow: there a call is enough.</summary>
    [SkippableFact]
    public async Task A_canary_that_nobody_looks_at_any_more_is_noticed_and_its_workflow_woken_or_begun_again()
    {
        Skip.If(fixture.Missing is not null, fixture.Missing);
        using var telling = await Telling.BeginAsync(fixture.Mesh);
        var router = fixture.Mesh.Routers[0];
        router.IsBlind = true;
        try
        {
            var hash = await telling.ProposeAsync("ada", await Stories.ChangeAsync(telling));
            await telling.VoteAsync(hash, VoteChoice.Approve, "ben", "cleo");
            await telling.StatusAsync(hash, "deploying");
            var id = DeploymentWorkflow.IdOf(hash);
            await fixture.LeaveStandingAsync(id);
            await fixture.Mesh.EventuallyAsync(() => Task.FromResult(fixture.Mesh.Woken.Concat(fixture.Mesh.BegunAgain).Any(line => IsAbout(line, id))), () => $"{id} is woken or begun again");
            router.IsBlind = false;
            await telling.StatusAsync(hash, "promoted");
            await telling.EndAsync(Stories.Promoted.Steps);
        }
        finally
        {
            router.IsBlind = false;
        }
    }

    /// <summary>What it had counted is gone, and the change may be why it went down; governance was killed meanwhile, and still knows.</summary>
    [SkippableFact]
    public async Task A_router_that_began_again_during_its_canary_undoes_the_change()
    {
        Skip.If(fixture.Missing is not null, fixture.Missing);
        using var telling = await Telling.BeginAsync(fixture.Mesh);
        var router = fixture.Mesh.Routers[0];
        router.IsBlind = true;
        try
        {
            var hash = await telling.ProposeAsync("ada", await Stories.ChangeAsync(telling));
            await telling.VoteAsync(hash, VoteChoice.Approve, "ben", "cleo");
            await SeenAsync(0);
            router.Count();
            await SeenAsync(1);   // so the look before is over, and what it saw is kept
            fixture.Mesh.Kill(GovernedMesh.Governance);
            router.Begin("again");
            router.IsBlind = false;
            await telling.StatusAsync(hash, "undone");
            await telling.UntilAsync(hash, shown => shown.GetProperty("outcome").GetString() == "router was restarted while it tried the change.", "says why it was undone");
            await telling.EndAsync(Stories.All["undone"].Steps);

            Task SeenAsync(int sessions) => telling.UntilAsync(
                hash, shown => shown.TryGetProperty("deployment", out var canary) && canary.GetProperty("reason").GetString()!.Contains($"{sessions} of the control have answered", StringComparison.Ordinal), $"is judged by {sessions} sessions");
        }
        finally
        {
            router.IsBlind = false;
        }
    }

    private static bool IsAbout(string line, string workflow) => line.Contains($"Workflow {workflow} ", StringComparison.Ordinal);

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
            var (first, victim) = (random.Next(Stride), random.Next(victims.Count));
            yield return [.. Enumerable.Range(0, steps.Count).Where(step => step % Stride == first % steps.Count).Select(step => At(step, victims[victim++ % victims.Count]))];
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

    /// <summary>Nothing in the engine moves this workflow any more.</summary>
    internal abstract Task LeaveStandingAsync(string id);

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
