using Dapr.Workflow.Hosting;
using Dapr.Workflow.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Dapr.Workflow;

public static class WorkflowServiceCollectionExtensions
{
    /// <summary>Adds a worker for the registered workflows and activities, and <see cref="DaprWorkflowClient"/>.</summary>
    public static IServiceCollection AddDaprWorkflow(
        this IServiceCollection serviceCollection, Action<WorkflowRuntimeOptions> configure, ServiceLifetime lifetime = ServiceLifetime.Singleton)
    {
        ArgumentNullException.ThrowIfNull(serviceCollection);
        ArgumentNullException.ThrowIfNull(configure);
        serviceCollection.AddLogging();
        serviceCollection.TryAddSingleton(TimeProvider.System);
        serviceCollection.TryAddSingleton(_ =>
        {
            var options = new WorkflowRuntimeOptions();
            configure(options);
            return options;
        });
        serviceCollection.TryAddSingleton(services => new SidecarConnection(services.GetService<IConfiguration>()));
        serviceCollection.TryAddSingleton<ActivityRunner>();
        serviceCollection.TryAddSingleton<WorkItemHandler>();
        serviceCollection.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, WorkflowWorker>());
        serviceCollection.TryAdd(new ServiceDescriptor(typeof(DaprWorkflowClient),
            static services => new DaprWorkflowClient(services.GetRequiredService<SidecarConnection>()), lifetime));
        return serviceCollection;
    }
}
