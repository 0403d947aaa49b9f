using Dapr.Sidecar.Workflows.Storage;

namespace Dapr.Sidecar.Workflows;

/// <summary>The workflow engine in the sidecar's process: needs its database, its apps and gRPC.</summary>
internal static class WorkflowServices
{
    public static IServiceCollection AddWorkflows(this IServiceCollection services) => services
        .AddSingleton<WorkflowStore>()
        .AddSingleton<WorkflowEngines>()
        .AddHostedService(s => s.GetRequiredService<WorkflowEngines>());

    public static void MapWorkflows(this IEndpointRouteBuilder endpoints) => endpoints.MapGrpcService<TaskHubService>();
}
