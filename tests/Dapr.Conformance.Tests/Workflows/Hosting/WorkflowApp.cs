using Dapr.Workflow;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Dapr.Conformance.Tests.Workflows.Hosting;

/// <summary>An app with a workflow worker and client, in this process.</summary>
public sealed class WorkflowApp : IAsyncDisposable
{
    private readonly IHost _host;

    private WorkflowApp(IHost host) => _host = host;

    public DaprWorkflowClient Client => _host.Services.GetRequiredService<DaprWorkflowClient>();

    public static Task<WorkflowApp> StartAsync(ISidecar sidecar, Action<WorkflowRuntimeOptions> configure) => StartAsync(sidecar.GrpcEndpoint, sidecar.HttpEndpoint, configure);

    /// <param name="token">What it shows to the sidecar.</param>
    public static async Task<WorkflowApp> StartAsync(string grpc, string http, Action<WorkflowRuntimeOptions> configure, string? token = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new("DAPR_GRPC_ENDPOINT", grpc), new("DAPR_HTTP_ENDPOINT", http), new("DAPR_API_TOKEN", token)]);
        if (Environment.GetEnvironmentVariable("MESH_TEST_LOG") is { Length: > 0 })
            builder.Logging.AddConsole().SetMinimumLevel(LogLevel.Debug);
        builder.Services.AddDaprWorkflow(configure);
#if OFFICIAL_PACKAGES
        // The package pings after 60 s and waits 30 s more. daprd hangs up at a third ping without traffic between: its worker's Hello comes every 30 s.
        builder.Services.PostConfigure<Grpc.Net.ClientFactory.GrpcClientFactoryOptions>("TaskHubSidecarServiceClient", client => client.ChannelOptionsActions.Add(channel => channel.HttpHandler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            KeepAlivePingDelay = TimeSpan.FromSeconds(12),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(6),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        }));
#endif
        var host = builder.Build();
        await host.StartAsync();
        return new(host);
    }

    /// <summary>Ends without draining, as a crash would.</summary>
    public async Task CrashAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _host.StopAsync(now.Token);
        await DisposeHostAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        await DisposeHostAsync();
    }

    private ValueTask DisposeHostAsync() => ((IAsyncDisposable)_host).DisposeAsync();
}
