using System.Diagnostics.Metrics;
using Dapr.Common.Serialization;
using Dapr.Workflow;
using Dapr.Workflow.Worker;
using Grpc.Core.Interceptors;
using Grpc.Net.ClientFactory;
using Mesh.Workflows.Ledger;
using Mesh.Workflows.Payloads;
using Mesh.Workflows.Sidecar;
using Mesh.Workflows.Watching;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Mesh.Workflows;

/// <summary>The official Dapr.Workflow, with what it lacks put around it.</summary>
public static class MeshWorkflows
{
    /// <summary>The package's own name of its gRPC client.</summary>
    private const string ClientName = "TaskHubSidecarServiceClient";

    private static readonly Meter Meter = new("Mesh.Workflows");

    internal static Counter<long> Joined { get; } = Meter.CreateCounter<long>("mesh.workflows.steps_joined", "{step}", "Steps that were handed out again and answered from the ledger.");
    internal static Counter<long> Woken { get; } = Meter.CreateCounter<long>("mesh.workflows.woken", "{workflow}", "Workflows that stood still and were woken.");
    internal static Counter<long> Reopened { get; } = Meter.CreateCounter<long>("mesh.workflows.streams_reopened", "{stream}", "Streams of work items that were ended because no work could come through them.");
    internal static Counter<long> Ended { get; } = Meter.CreateCounter<long>("mesh.workflows.sidecars_ended", "{sidecar}", "Sidecars that hosted no workflows any more and were told to end.");

    /// <summary>
    /// A worker and a client of workflows. Around the package's own: a ledger, so that a step whose result was lost with the stream or the sidecar is not run again while this
    /// process lives; bounds on payloads; client calls that wait for a worker, and starts that may be repeated with their id; streams that open only on a sidecar that is
    /// well; a watchdog; a stop that finishes what was begun.
    /// </summary>
    /// <remarks>
    /// Without <see cref="MeshWorkflowOptions.StateStore"/> a step may run twice when this process dies before the sidecar has stored its result, on daprd 1.16 in rare moments
    /// also after its workflow has seen the result. The watchdog knows the workflows that this process scheduled, waits for, or ran a turn of; a service that is started again waits for those it cares for.
    /// </remarks>
    public static IServiceCollection AddMeshWorkflows(this IServiceCollection services, Action<WorkflowRuntimeOptions> configure, Action<MeshWorkflowOptions>? more = null)
    {
        var options = new MeshWorkflowOptions();
        more?.Invoke(options);
        services.AddDaprWorkflow(configure);
        services.AddSingleton(options);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(new ActivityLedger(options.LedgerEntries)).AddSingleton<StoredResults>();
        services.AddSingleton<SidecarConnection>().AddSingleton<WorkItemStreams>().AddSingleton<Completions>().AddSingleton<ClientRetries>().AddSingleton<WatchedWorkflows>().AddSingleton<SidecarInterceptor>();
        services.AddHostedService<Watchdog>().AddHostedService<Drain>();
        Decorate<IWorkflowsFactory>(services, (inner, provider) => new LedgerFactory(inner, provider.GetRequiredService<ActivityLedger>(), provider.GetRequiredService<StoredResults>()));
        Decorate<IDaprSerializer>(services, (inner, _) => new BoundedSerializer(inner, options.MaxPayloadBytes));
        services.PostConfigure<GrpcClientFactoryOptions>(ClientName, client =>
        {
            client.ChannelOptionsActions.Add(channel => channel.HttpHandler = Handler());
            client.InterceptorRegistrations.Add(new(InterceptorScope.Channel, provider => provider.GetRequiredService<SidecarInterceptor>()));
        });
        return services;
    }

    /// <summary>
    /// A stalled wire is given up after 18 s, not 90. daprd hangs up at a third ping without traffic between; the worker's Hello comes every 30 s.
    /// </summary>
    private static SocketsHttpHandler Handler() => new()
    {
        EnableMultipleHttp2Connections = true,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
        KeepAlivePingDelay = TimeSpan.FromSeconds(12),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(6),
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
    };

    private static void Decorate<T>(IServiceCollection services, Func<T, IServiceProvider, T> around)
        where T : class
    {
        var inner = services.Last(s => s.ServiceType == typeof(T));
        services.Replace(ServiceDescriptor.Singleton(provider => around(
            (T)(inner.ImplementationInstance ?? inner.ImplementationFactory?.Invoke(provider) ?? ActivatorUtilities.CreateInstance(provider, inner.ImplementationType!)), provider)));
    }
}
