using Dapr.Sidecar.Workflows.Storage;

namespace Dapr.Sidecar.Workflows;

/// <summary>The workflow engine in the sidecar's process: needs its database, its apps and gRPC.</summary>
internal static class WorkflowServices
{
    public static IServiceCollection AddWorkflows(this IServiceCollection services) => services
        .AddSingleton<WorkflowStore>()
        // Answers of workers are read whatever their size, so that one that is too large can fail its step.
        .Configure<global::Grpc.AspNetCore.Server.GrpcServiceOptions<TaskHubService>>(grpc => grpc.MaxReceiveMessageSize = 256 << 20)
        .AddSingleton<WorkflowEngines>()
        .AddHostedService(s => s.GetRequiredService<WorkflowEngines>());

    public static void MapWorkflows(this IEndpointRouteBuilder endpoints) => endpoints.MapGrpcService<TaskHubService>();
}
