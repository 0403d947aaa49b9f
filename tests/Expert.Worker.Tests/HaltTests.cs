using System.Net;
using Dapr.Actors;
using Dapr.Actors.Runtime;
using Expert.Worker.Actors;
using Expert.Worker.Hosting;
using Expert.Worker.Tests.Streams;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Streams;
using Microsoft.Extensions.DependencyInjection;

namespace Expert.Worker.Tests;

/// <summary>A worker of a halted mesh answers nobody, by either way, and stays loaded.</summary>
public sealed class HaltTests : IAsyncLifetime
{
    private static readonly ExpertSpec Unix = Checkout.Spec("unix");
    private readonly ScriptedLoader _loader = new();
    private WorkerApp _worker = null!;

    public async Task InitializeAsync()
    {
        _worker = await WorkerApp.StartAsync(_loader);
        await _worker.LoadAsync(Unix);
    }

    public async Task DisposeAsync() => await _worker.DisposeAsync();

    [Fact]
    public async Task Streams_end_with_the_halt_whatever_runs_on_them_and_open_again_when_it_is_over()
    {
        var running = new TaskCompletionSource();
        var never = new TaskCompletionSource();
        _loader.OnStep = async (_, _, cancelled) =>
        {
            running.TrySetResult();
            await never.Task.WaitAsync(cancelled);
        };
        var frames = new FrameBuffer();
        frames.Step(Steps.Request(1, 5));
        var opening = _worker.OpenAsync(_worker.StreamUrl(Unix.Id), _worker.Ticket(Unix.Id), new ByteArrayContent(frames.Written.ToArray()));
        await running.Task.WaitAsync(TimeSpan.FromMinutes(1));
        await _worker.Node.HaltAsync("halt", default);
        await Assert.ThrowsAnyAsync<Exception>(async () => await StreamEndpointTests.ReadAsync(await opening));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync());
        Assert.True(_worker.Experts.Find(Unix.Id) is { State: ExpertState.Ready });
        Assert.Equal(0, _loader.Disposed);
        await _worker.Node.ResumeAsync("resume", default);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync());
    }

    [Fact]
    public async Task The_actor_refuses_steps_streams_and_experts_it_does_not_know_with_the_reason()
    {
        var actor = Actor();
        await _worker.Node.HaltAsync("halt", default);
        foreach (var call in new Func<Task>[] { () => actor.StepAsync(Steps.Encode(Steps.Request(1, 5))), () => actor.EmbedAsync([]), () => actor.AdmitAsync("router"), () => actor.ConfigureAsync(Unix) })
            Assert.StartsWith("mesh_halted", (await Assert.ThrowsAsync<InvalidOperationException>(call)).Message);
        // Looking goes on.
        Assert.Equal(ExpertState.Unknown, (await actor.DescribeAsync()).State);
        await _worker.Node.ResumeAsync("resume", default);
        Assert.StartsWith("Expert 'unix' has no specification", (await Assert.ThrowsAsync<InvalidOperationException>(() => actor.StepAsync([]))).Message);
    }

    [Fact]
    public async Task The_node_answers_at_the_sidecar_s_door_and_not_at_the_routers()
    {
        using var client = new HttpClient();
        var stream = new Uri(new Uri(_worker.StreamUrl(Unix.Id)), "/chorus/node");
        using var request = new HttpRequestMessage(HttpMethod.Get, stream) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var response = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    private async Task<HttpStatusCode> StatusAsync()
    {
        using var response = await _worker.OpenAsync(_worker.StreamUrl(Unix.Id), _worker.Ticket(Unix.Id), new ByteArrayContent([]));
        return response.StatusCode;
    }

    private ExpertActor Actor() => ActivatorUtilities.CreateInstance<ExpertActor>(
        _worker.Services, ActorHost.CreateForTest<ExpertActor>(new ActorTestOptions { ActorId = new ActorId("unix") }), _worker.Services.GetRequiredService<WorkerIdentity>());
}
