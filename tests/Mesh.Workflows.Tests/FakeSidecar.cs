using System.Collections.Concurrent;
using Dapr.Workflow;
using Dapr.Workflow.Wire;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Mesh.Workflows.Tests;

/// <summary>A sidecar that fails as daprd 1.16 fails, on demand, and an app at it.</summary>
internal sealed class FakeSidecar : IAsyncDisposable
{
    private readonly List<IHost> _hosts = [];

    public Service Calls { get; } = new();

    public DaprWorkflowClient Client => _hosts[^1].Services.GetRequiredService<DaprWorkflowClient>();

    public static async Task<FakeSidecar> StartAsync(Action<Service>? prepare = null)
    {
        var fake = new FakeSidecar();
        prepare?.Invoke(fake.Calls);
        var server = WebApplication.CreateSlimBuilder();
        server.Logging.ClearProviders();
        server.WebHost.ConfigureKestrel(k => k.Listen(System.Net.IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2));
        server.Services.AddGrpc();
        server.Services.AddSingleton(fake.Calls);
        var sidecar = server.Build();
        sidecar.MapGrpcService<Service>();
        sidecar.MapPost("/dapr.proto.runtime.v1.Dapr/Shutdown", fake.Calls.ShutdownAsync);
        await sidecar.StartAsync();
        fake._hosts.Add(sidecar);
        var app = Host.CreateEmptyApplicationBuilder(null);
        app.Configuration.AddInMemoryCollection([new("DAPR_GRPC_ENDPOINT", sidecar.Urls.Single())]);
        app.Services.AddMeshWorkflows(_ => { }, options =>
            (options.Settling, options.WatchPeriod, options.WatchPatience) = (TimeSpan.Zero, TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(50)));
        fake._hosts.Add(app.Build());
        await fake._hosts[^1].StartAsync();
        return fake;
    }

    public static async Task UntilAsync(Func<bool> holds, string what)
    {
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!holds())
        {
            Assert.False(end.IsCancellationRequested, $"Not so after a minute: {what}");
            await Task.Delay(20);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in Enumerable.Reverse(_hosts))
        {
            using var now = new CancellationTokenSource();
            await now.CancelAsync();
            await host.StopAsync(now.Token);
            await ((IAsyncDisposable)host).DisposeAsync();
        }
    }

    internal sealed class Service : TaskHubSidecarService.TaskHubSidecarServiceBase
    {
        private int _streams, _hellos, _questions, _shutdowns;

        public int Streams => Volatile.Read(ref _streams);
        public int Hellos => Volatile.Read(ref _hellos);
        public int Questions => Volatile.Read(ref _questions);
        public ConcurrentQueue<(string Id, string Event)> Raised { get; } = new();
        public Func<bool> IsWell { get; set; } = () => true;
        public Func<bool> IsHosted { get; set; } = () => true;
        public OrchestrationStatus Status { get; set; } = OrchestrationStatus.Running;

        public int Shutdowns => Volatile.Read(ref _shutdowns);

        /// <summary>Of another service of daprd: an empty gRPC answer.</summary>
        public async Task ShutdownAsync(HttpContext context)
        {
            Interlocked.Increment(ref _shutdowns);
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(new byte[5]);
            context.Response.AppendTrailer("grpc-status", "0");
        }

        public override Task<Empty> Hello(Empty request, ServerCallContext context)
        {
            Interlocked.Increment(ref _hellos);
            return IsWell() ? Task.FromResult(new Empty()) : throw new RpcException(new(StatusCode.Internal, "not yet"));
        }

        public override async Task GetWorkItems(GetWorkItemsRequest request, IServerStreamWriter<WorkItem> responseStream, ServerCallContext context)
        {
            Interlocked.Increment(ref _streams);
            await Task.Delay(Timeout.Infinite, context.CancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        public override Task<GetInstanceResponse> GetInstance(GetInstanceRequest request, ServerCallContext context)
        {
            Interlocked.Increment(ref _questions);
            return Task.FromResult(new GetInstanceResponse { Exists = true, OrchestrationState = new() { InstanceId = request.InstanceId, OrchestrationStatus = Status } });
        }

        public override async Task<GetInstanceResponse> WaitForInstanceCompletion(GetInstanceRequest request, ServerCallContext context)
        {
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
            return new();
        }

        public override Task<RaiseEventResponse> RaiseEvent(RaiseEventRequest request, ServerCallContext context)
        {
            if (!IsHosted())
                throw new RpcException(new(StatusCode.Internal, "did not find address for actor dapr.internal.default.app.workflow"));
            Raised.Enqueue((request.InstanceId, request.Name));
            return Task.FromResult(new RaiseEventResponse());
        }
    }
}
