using Dapr.Workflow;
using Mesh.Workflows;
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
        builder.Services.AddMeshWorkflows(configure);
        Recording.Attach(builder.Services);
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
