using Dapr.Conformance.Tests.Workflows.Hosting;
using Dapr.Workflow;
using Grpc.Core;
using Mesh.Bench.Running;

namespace Mesh.Bench.Durability;

/// <summary>What one seed left behind.</summary>
/// <param name="Stuck">Workflows that had not ended at the limit.</param>
/// <param name="Woken">Times the watchdog woke one or reopened a stream.</param>
/// <param name="Lost">Results in an output that no step gave.</param>
/// <param name="Again">Steps that started again after their workflow had seen their result.</param>
/// <param name="Twice">Steps that finished more than once.</param>
internal sealed record KillResult(int Stuck, int Woken, int Lost, int Again, int Twice);

/// <summary>Eight workflows of nine steps each, and two to four kill -9 at seeded moments.</summary>
internal sealed class KillRun(ISidecar sidecar, string target, int seed)
{
    private const int Workflows = 8, Steps = 9;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);
    private readonly SemaphoreSlim _sidecarGate = new(1, 1);
    private readonly string[] _ids = [.. Enumerable.Range(0, Workflows).Select(n => $"s{seed}-{n}")];

    public async Task<KillResult> RunAsync()
    {
        var random = new Random(seed);
        using var folder = new TempFolder();
        var (journal, log) = (folder["journal"], folder["app.log"]);
        await sidecar.StartAsync();
        var app = Start();
        await using var client = DurableApp.Client(sidecar.GrpcEndpoint, sidecar.HttpEndpoint);
        using var end = new CancellationTokenSource(Limit);
        var supervision = SuperviseAsync(end.Token);
        var work = _ids.Select(id => Task.Run(() => DriveAsync(client, id, end.Token))).ToArray();
        while (Journal.Read(journal).Length == 0 && !end.IsCancellationRequested)
            await Task.Delay(20); // until the first step runs
        for (var kills = random.Next(2, 5); kills > 0; kills--)
        {
            await Task.Delay(random.Next(0, 1000));
            var what = target switch { "app" => 0, "sidecar" => 1, _ => random.Next(3) };
            if (what is 0 or 2)
                await app.DisposeAsync();
            if (what is 1 or 2)
            {
                await _sidecarGate.WaitAsync();
                await sidecar.KillAsync();
                await sidecar.StartAsync();
                _sidecarGate.Release();
            }
            if (what is 0 or 2)
                app = Start();
        }
        try
        {
            await Task.WhenAll(work);
        }
        catch (Exception e) when (e is OperationCanceledException or RpcException)
        {
            // What has not ended is counted.
        }
        await end.CancelAsync();
        await supervision;
        await app.DisposeAsync();
        return Judge(work, Journal.Read(journal), await File.ReadAllLinesAsync(log));

        Child Start() => new("dotnet", [typeof(KillRun).Assembly.Location, DurabilityBench.App, sidecar.GrpcEndpoint, sidecar.HttpEndpoint, journal, .. _ids], log);
    }

    /// <summary>A sidecar that ends by itself is started again, as the AppHost and Kubernetes do.</summary>
    private async Task SuperviseAsync(CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            await _sidecarGate.WaitAsync(CancellationToken.None);
            if (sidecar.HasEnded)
                await sidecar.StartAsync();
            _sidecarGate.Release();
            await Task.Delay(200, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private KillResult Judge(Task<string[]>[] work, Entry[] entries, string[] log)
    {
        var steps = entries.GroupBy(e => e.Key).Select(g => g.ToArray()).ToArray();
        var finished = entries.Where(e => e.What == Journal.Finished).Select(e => (e.Key, e.Result)).ToHashSet();
        var lost = work.Zip(_ids).Where(w => w.First.IsCompletedSuccessfully)
            .Sum(w => Enumerable.Range(0, Steps).Count(n => w.First.Result.Length != Steps || !finished.Contains(($"{w.Second}/{n}", w.First.Result[n]))));
        for (var n = 0; n < work.Length; n++)
            if (!work[n].IsCompletedSuccessfully)
                Progress.Say($"  {_ids[n]} stands: {work[n].Exception?.InnerException?.Message ?? work[n].Status.ToString()}");
        return new(work.Count(w => !w.IsCompletedSuccessfully), log.Count(l => l.Contains(WatchWords, StringComparison.Ordinal)), lost,
            steps.Count(s => s.SkipWhile(e => e.What != Journal.Seen).Any(e => e.What == Journal.Started)), steps.Count(s => s.Count(e => e.What == Journal.Finished) > 1));
    }

    /// <summary>In every line the watchdog logs.</summary>
    private const string WatchWords = "Watchdog:";

    private static async Task<string[]> DriveAsync(DaprWorkflowClient client, string id, CancellationToken end)
    {
        await PersistAsync(() => client.ScheduleNewWorkflowAsync(DurableApp.Workflow, id, id, null, end), end);
        await PersistAsync(() => client.RaiseEventAsync(id, "go", 1, end), end);
        while (true)
        {
            try
            {
                var state = await client.WaitForWorkflowCompletionAsync(id, true, end);
                return state.RuntimeStatus == WorkflowRuntimeStatus.Completed ? state.ReadOutputAs<string[]>()!
                    : throw new BenchException($"{id}: {state.RuntimeStatus} {state.FailureDetails?.ErrorMessage}");
            }
            catch (RpcException) when (!end.IsCancellationRequested)
            {
                await Task.Delay(100, end);
            }
        }
    }

    /// <summary>Through whatever the kills cause; the library has tried for half a minute by then.</summary>
    private static async Task PersistAsync(Func<Task> act, CancellationToken end)
    {
        while (true)
        {
            try
            {
                await act();
                return;
            }
            catch (RpcException e) when (e.Status.Detail.Contains("already exists", StringComparison.Ordinal))
            {
                return;
            }
            catch (RpcException e) when (!end.IsCancellationRequested)
            {
                Progress.Say($"  {e.StatusCode} {e.Status.Detail}");
                await Task.Delay(100, end);
            }
        }
    }
}
