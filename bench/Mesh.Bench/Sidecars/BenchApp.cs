using System.Collections.Concurrent;
using System.Diagnostics;
using Dapr.Actors;
using Dapr.Actors.Client;
using Dapr.Actors.Runtime;
using Dapr.Client;
using Dapr.Conformance.Tests.Workflows.Hosting;
using Dapr.Workflow;
using Mesh.Workflows;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Mesh.Bench.Sidecars;

public interface IEchoActor : IActor
{
    Task<int> Echo(int number);
}

public sealed class EchoActor(ActorHost host) : Actor(host), IEchoActor
{
    public Task<int> Echo(int number) => Task.FromResult(number);
}

/// <summary>An app of the benchmark with its sidecar: an endpoint, an actor, a subscription and a workflow.</summary>
internal sealed class BenchApp : IAsyncDisposable
{
    private const int Chunk = 64;
    private readonly WebApplication _app;
    private readonly ISidecar _sidecar;
    private readonly ConcurrentDictionary<int, TaskCompletionSource<long>> _handled;
    private readonly HttpClient _invoke;
    private readonly DaprClient _dapr;
    private readonly ActorProxyFactory _actors;
    private readonly DaprWorkflowClient _workflows;
    private int _message;

    private BenchApp(WebApplication app, ISidecar sidecar, ConcurrentDictionary<int, TaskCompletionSource<long>> handled)
    {
        (_app, _sidecar, _handled) = (app, sidecar, handled);
        _dapr = app.Services.GetRequiredService<DaprClient>();
        _workflows = app.Services.GetRequiredService<DaprWorkflowClient>();
        _invoke = DaprClient.CreateInvokeHttpClient("bench", sidecar.HttpEndpoint);
        _actors = new(new() { HttpEndpoint = sidecar.HttpEndpoint });
    }

    public static async Task<BenchApp> StartAsync(Func<int, ISidecar> create)
    {
        var port = Ports.Take(1)[0];
        var sidecar = create(port);
        var handled = new ConcurrentDictionary<int, TaskCompletionSource<long>>();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseSetting("urls", $"http://127.0.0.1:{port}");
        builder.Configuration["DAPR_GRPC_ENDPOINT"] = sidecar.GrpcEndpoint;
        builder.Configuration["DAPR_HTTP_ENDPOINT"] = sidecar.HttpEndpoint;
        builder.Services.AddDaprClient(dapr => dapr.UseGrpcEndpoint(sidecar.GrpcEndpoint).UseHttpEndpoint(sidecar.HttpEndpoint));
        builder.Services.AddActors(actors =>
        {
            actors.HttpEndpoint = sidecar.HttpEndpoint;
            actors.Actors.RegisterActor<EchoActor>();
        });
        builder.Services.AddMeshWorkflows(options =>
        {
            options.RegisterActivity<int, int>("Double", (_, n) => Task.FromResult(n * 2));
            options.RegisterWorkflow<int, int>("Chain", async (context, n) =>
            {
                for (var i = 0; i < 3; i++)
                    n = await context.CallActivityAsync<int>("Double", n);
                return n;
            });
        });
        var app = builder.Build();
        app.UseCloudEvents();
        app.MapGet("/echo/{n:int}", (int n) => n);
        app.MapPost("/handle", (Message message) =>
        {
            var now = Stopwatch.GetTimestamp();
            if (handled.TryRemove(message.Number, out var waiting))
                waiting.TrySetResult(now);
        }).WithTopic("pubsub", "bench");
        app.MapSubscribeHandler();
        app.MapActorsHandlers();
        await app.StartAsync();
        await sidecar.StartAsync();
        var bench = new BenchApp(app, sidecar, handled);
        await bench.WarmUpAsync();
        return bench;
    }

    /// <summary>Three activities one after the other; <paramref name="count"/> workflows, 64 at a time.</summary>
    public Task<double> WorkflowsPerSecondAsync(int count) => PerSecondAsync(count, async n =>
    {
        var id = await _workflows.ScheduleNewWorkflowAsync("Chain", Guid.NewGuid().ToString("N"), n);
        var state = await _workflows.WaitForWorkflowCompletionAsync(id);
        if (state.ReadOutputAs<int>() != n * 8)
            throw new InvalidOperationException($"A workflow answered {state.RuntimeStatus} {state.FailureDetails}.");
    });

    /// <summary>64 calls at a time to 64 actors.</summary>
    public Task<double> ActorCallsPerSecondAsync(int count) => PerSecondAsync(count, CallActorAsync);

    /// <summary>One GET after the other, app to sidecar to app.</summary>
    public Task<double[]> InvocationMillisecondsAsync(int count) => MillisecondsAsync(count, async n =>
    {
        await _invoke.GetStringAsync($"/echo/{n}");
        return Stopwatch.GetTimestamp();
    });

    /// <summary>From publish to the subscriber's handler, one after the other.</summary>
    public Task<double[]> PublishMillisecondsAsync(int count) => MillisecondsAsync(count, _ => PublishAsync());

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _invoke.Dispose();
        await _sidecar.DisposeAsync();
    }

    /// <summary>The same on both sides, and long enough for every tier of both JIT compilers and for all connections.</summary>
    private async Task WarmUpAsync()
    {
        foreach (var work in new Func<Task>[] { () => CallActorAsync(0), PublishAsync, () => InvocationMillisecondsAsync(2000), () => PublishMillisecondsAsync(2000), () => WorkflowsPerSecondAsync(100), () => ActorCallsPerSecondAsync(5000) })
        {
            for (var attempt = 0; ; attempt++)
            {
                try
                {
                    await work();
                    break;
                }
                catch (Exception) when (attempt < 100)
                {
                    await Task.Delay(100);   // placement and subscriptions take seconds to settle
                }
            }
        }
    }

    private Task CallActorAsync(int n) => _actors.Create(new ActorId($"a{n % Chunk}"), nameof(EchoActor)).InvokeMethodAsync<int, int>("Echo", n);

    private async Task<long> PublishAsync()
    {
        var number = Interlocked.Increment(ref _message);
        var handled = _handled[number] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await _dapr.PublishEventAsync("pubsub", "bench", new Message(number));
        return await handled.Task.WaitAsync(TimeSpan.FromSeconds(5));
    }

    private static async Task<double> PerSecondAsync(int count, Func<int, Task> one)
    {
        var start = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = Chunk }, async (n, _) => await one(n));
        return count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task<double[]> MillisecondsAsync(int count, Func<int, Task<long>> one)
    {
        var times = new double[count];
        for (var n = 0; n < count; n++)
        {
            var start = Stopwatch.GetTimestamp();
            times[n] = Stopwatch.GetElapsedTime(start, await one(n)).TotalMilliseconds;
        }
        return times;
    }

    private sealed record Message(int Number);
}
