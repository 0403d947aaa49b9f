using System.Collections.Concurrent;
using System.Threading.Channels;
using Dapr.Workflow.Wire;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Mesh.Workflows;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Dapr.Workflow.Tests.Replay;

/// <summary>A sidecar with one worker, the package's own, which hands it the turns of recorded histories. It needs nothing of the package that is not public.</summary>
internal sealed class ReplayHost : IAsyncDisposable
{
    private readonly Service _service = new();
    private readonly List<IHost> _hosts = [];

    public static async Task<ReplayHost> StartAsync(Action<WorkflowRuntimeOptions> configure)
    {
        var host = new ReplayHost();
        var server = WebApplication.CreateSlimBuilder();
        server.Logging.ClearProviders();
        server.WebHost.ConfigureKestrel(k => k.Listen(System.Net.IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2));
        server.Services.AddGrpc();
        server.Services.AddSingleton(host._service);
        var sidecar = server.Build();
        sidecar.MapGrpcService<Service>();
        await sidecar.StartAsync();
        host._hosts.Add(sidecar);
        var worker = Host.CreateEmptyApplicationBuilder(null);
        worker.Configuration["DAPR_GRPC_ENDPOINT"] = sidecar.Urls.Single();
        worker.Services.AddMeshWorkflows(configure, options => options.Settling = TimeSpan.Zero);
        var app = worker.Build();
        await app.StartAsync();
        host._hosts.Add(app);
        return host;
    }

    public Task<OrchestratorResponse> TurnAsync(OrchestratorRequest request) => _service.TurnAsync(request);

    public async ValueTask DisposeAsync()
    {
        _service.Turns.Writer.Complete();
        foreach (var host in Enumerable.Reverse(_hosts))
        {
            using var now = new CancellationTokenSource();
            await now.CancelAsync();
            await host.StopAsync(now.Token);
            await ((IAsyncDisposable)host).DisposeAsync();
        }
    }

    private sealed class Service : TaskHubSidecarService.TaskHubSidecarServiceBase
    {
        private readonly ConcurrentDictionary<string, TaskCompletionSource<OrchestratorResponse>> _answers = new();
        private int _token;

        public Channel<WorkItem> Turns { get; } = Channel.CreateUnbounded<WorkItem>();

        public async Task<OrchestratorResponse> TurnAsync(OrchestratorRequest request)
        {
            var token = $"t{Interlocked.Increment(ref _token)}";
            var answer = _answers[token] = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Turns.Writer.TryWrite(new() { OrchestratorRequest = request, CompletionToken = token });
            return await answer.Task.WaitAsync(TimeSpan.FromSeconds(60));
        }

        public override Task<Empty> Hello(Empty request, ServerCallContext context) => Task.FromResult(new Empty());

        public override async Task GetWorkItems(GetWorkItemsRequest request, IServerStreamWriter<WorkItem> responseStream, ServerCallContext context)
        {
            await foreach (var item in Turns.Reader.ReadAllAsync(context.CancellationToken))
                await responseStream.WriteAsync(item);
        }

        public override Task<CompleteTaskResponse> CompleteOrchestratorTask(OrchestratorResponse request, ServerCallContext context)
        {
            if (_answers.TryRemove(request.CompletionToken, out var answer))
                answer.SetResult(request);
            return Task.FromResult(new CompleteTaskResponse());
        }
    }
}
