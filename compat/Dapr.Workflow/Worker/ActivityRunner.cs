using System.Diagnostics;
using Dapr.Workflow.Hosting;
using Dapr.Workflow.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dapr.Workflow.Worker;

/// <summary>Runs one activity in a scope of its own; a fault of it is the answer.</summary>
internal sealed partial class ActivityRunner(WorkflowRuntimeOptions options, IServiceScopeFactory scopes, ILogger<ActivityRunner> logger)
{
    private static readonly ActivitySource Source = new("Dapr.Workflow");

    public async Task<ActivityResponse> RunAsync(ActivityRequest request)
    {
        var response = new ActivityResponse { InstanceId = request.OrchestrationInstance.InstanceId, TaskId = request.TaskId };
        var factory = request.Name == RaiseEventActivity.Name ? static services => ActivatorUtilities.CreateInstance<RaiseEventActivity>(services)
            : options.Activities.GetValueOrDefault(request.Name);
        if (factory is null)
        {
            response.FailureDetails = Failure.Permanent("ActivityNotFoundException", $"No activity '{request.Name}' is registered in this app.");
            return response;
        }
        ActivityContext.TryParse(request.ParentTraceContext?.TraceParent, request.ParentTraceContext?.TraceState, out var parent);
        using var span = Source.StartActivity($"activity {request.Name}", ActivityKind.Server, parent);
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var activity = factory(scope.ServiceProvider);
            var result = await activity.RunAsync(new Context(response.InstanceId), Payload.Read(request.Input, activity.InputType));
            response.Result = Payload.Write(result);
        }
        catch (Exception e)
        {
            LogFailed(request.Name, response.InstanceId, e);
            span?.SetStatus(ActivityStatusCode.Error, e.Message);
            response.FailureDetails = Failure.From(e);
        }
        return response;
    }

    [LoggerMessage(LogLevel.Warning, "Activity {Name} of workflow {InstanceId} failed.")]
    private partial void LogFailed(string name, string instanceId, Exception exception);

    private sealed class Context(string instanceId) : WorkflowActivityContext
    {
        public override string InstanceId => instanceId;
    }
}
