using System.Collections.Concurrent;
using Dapr.Conformance.Tests.Workflows.Hosting;
using Dapr.Workflow;
using Grpc.Core;
using Xunit.Abstractions;

namespace Dapr.Conformance.Tests.Workflows;

/// <summary>
/// kill -9 of the sidecar at seeded moments, while workflows start, run steps side by side and receive events. The worker lives on and remembers
/// results that were not acknowledged, so on the embedded sidecar every step runs exactly once. MESH_DURABILITY_RUNS sets how many seeds; MESH_DURABILITY_SEED the first.
/// </summary>
public abstract class DurabilityFacts(WorkflowSite site, ITestOutputHelper output)
{
    private const int Workflows = 8, Steps = 4, Events = 3;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    [SkippableFact]
    public async Task Nothing_acknowledged_is_lost_over_kills()
    {
        Skip.If(site.Missing is not null, site.Missing);
        var runs = Setting("MESH_DURABILITY_RUNS", site is EmbeddedSite ? 3 : 1);
        var first = Setting("MESH_DURABILITY_SEED", 1);
        await using var sidecar = site.Create("durability");
        await sidecar.StartAsync();
        var load = new Load();
        await using var app = await WorkflowApp.StartAsync(sidecar, load.Register);
        for (var seed = first; seed < first + runs; seed++)
        {
            await RunAsync(sidecar, app.Client, load, seed, exact: site is EmbeddedSite);
            output.WriteLine($"seed {seed}: fine");
        }
    }

    private static async Task RunAsync(ISidecar sidecar, DaprWorkflowClient client, Load load, int seed, bool exact)
    {
        var random = new Random(seed);
        var ids = Enumerable.Range(0, Workflows).Select(n => $"run{seed}-{n}").ToArray();
        var work = ids.Select(id => DriveAsync(client, id)).ToArray();
        for (var kills = random.Next(1, 4); kills > 0; kills--)
        {
            await Task.Delay(random.Next(0, 400));
            await sidecar.KillAsync();
            await sidecar.StartAsync();
        }
        try
        {
            await Task.WhenAll(work).WaitAsync(Limit);
        }
        catch (TimeoutException)
        {
            var stuck = ids.Where((_, n) => !work[n].IsCompleted).ToArray();
            Assert.Fail($"seed {seed}: still going after {Limit}: {string.Join(", ", stuck)}");
        }
        foreach (var (id, result) in ids.Zip(work.Select(w => w.Result)))
        {
            Assert.Equal(Enumerable.Range(0, Events), result.Events.Distinct().Order());
            Assert.Equal(Steps, result.Steps.Length);
            for (var step = 0; step < Steps; step++)
            {
                var key = $"{id}/{step}";
                Assert.True(load.Returned.TryGetValue(key, out var returned), $"seed {seed}: {key} has a result that no activity returned");
                Assert.Contains(result.Steps[step], returned);
                // A turn of daprd 1.16 is no transaction: killed between sending a step off and saving the turn, it sends the step off again.
                if (!exact)
                    continue;
                Assert.True(returned.Count == 1, $"seed {seed}: {key} ran {returned.Count} times");
                Assert.True(load.Seen[key].Distinct().Count() == 1, $"seed {seed}: {key} was reported with different results");
            }
        }
    }

    /// <summary>Starts one workflow, raises its events and waits, through whatever faults the kills cause. What was acknowledged once is not repeated.</summary>
    private static async Task<Result> DriveAsync(DaprWorkflowClient client, string id)
    {
        await PersistAsync(() => client.ScheduleNewWorkflowAsync("Durable", id, id), e => e.Status.Detail.Contains("already exists"));
        for (var n = 0; n < Events; n++)
        {
            var number = n;
            await PersistAsync(() => client.RaiseEventAsync(id, "number", number, Deadline.After(TimeSpan.FromSeconds(20))), _ => false);
        }
        while (true)
        {
            try
            {
                var state = await client.WaitForWorkflowCompletionAsync(id, true, Deadline.After(Limit));
                Assert.True(state.RuntimeStatus == WorkflowRuntimeStatus.Completed, $"{id}: {state.RuntimeStatus} {state.FailureDetails}");
                return state.ReadOutputAs<Result>()!;
            }
            catch (RpcException)
            {
                await Task.Delay(100);
            }
        }
    }

    private static async Task PersistAsync(Func<Task> act, Func<RpcException, bool> done)
    {
        for (var end = Deadline.After(Limit); ;)
        {
            try
            {
                await act();
                return;
            }
            catch (RpcException e) when (done(e))
            {
                return;
            }
            catch (Exception e) when (e is RpcException or OperationCanceledException && !end.IsCancellationRequested)
            {
                await Task.Delay(100, end);
            }
        }
    }

    private static int Setting(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), out var value) ? value : otherwise;

    internal sealed record Result(string[] Steps, int[] Events);

    /// <summary>A step, a step of a child, a timer, two steps side by side, then events until each has come (a retried one may come twice).</summary>
    private sealed class Load
    {
        public ConcurrentDictionary<string, ConcurrentBag<string>> Returned { get; } = new();
        public ConcurrentDictionary<string, ConcurrentBag<string>> Seen { get; } = new();

        public void Register(WorkflowRuntimeOptions options)
        {
            options.RegisterActivity<string, string>("Step", async (_, key) =>
            {
                await Task.Delay(Random.Shared.Next(0, 30));
                var result = $"{key}#{Guid.NewGuid():N}";
                Returned.GetOrAdd(key, _ => []).Add(result);
                return result;
            });
            options.RegisterWorkflow<string, string>("DurableChild", async (context, key) =>
            {
                var result = await context.CallActivityAsync<string>("Step", key);
                Seen.GetOrAdd(key, _ => []).Add(result);
                return result;
            });
            options.RegisterWorkflow<string, Result>("Durable", async (context, id) =>
            {
                async Task<string> StepAsync(int n)
                {
                    var result = await context.CallActivityAsync<string>("Step", $"{id}/{n}");
                    Seen.GetOrAdd($"{id}/{n}", _ => []).Add(result);
                    return result;
                }

                var steps = new List<string> { await StepAsync(0), await context.CallChildWorkflowAsync<string>("DurableChild", $"{id}/1") };
                await context.CreateTimer(TimeSpan.FromMilliseconds(100));
                steps.AddRange(await Task.WhenAll(StepAsync(2), StepAsync(3)));
                var events = new List<int>();
                while (events.Distinct().Count() < Events)
                    events.Add(await context.WaitForExternalEventAsync<int>("Number"));
                return new([.. steps], [.. events]);
            });
        }
    }
}

public sealed class DurabilityFactsOnDaprd(ITestOutputHelper output) : DurabilityFacts(new DaprdSite(), output);

public sealed class DurabilityFactsEmbedded(ITestOutputHelper output) : DurabilityFacts(new EmbeddedSite(), output);
