using Dapr.Workflow;
using Dapr.Workflow.Replay;

namespace Dapr.Conformance.Tests.Workflows.Hosting;

/// <summary>With MESH_RECORD_HISTORIES set to a folder, the last turn of the first instance of each workflow that ends is written there for the replay tests.</summary>
internal static class Recording
{
    public static void Attach(WorkflowRuntimeOptions options)
    {
        if (Environment.GetEnvironmentVariable("MESH_RECORD_HISTORIES") is not { Length: > 0 } folder)
            return;
        Directory.CreateDirectory(folder);
        options.OnTurn = (request, response) =>
        {
            if (response.Actions.All(a => a.CompleteOrchestration is null) || request.CalculateSize() > 64 << 10)
                return;
            var started = request.PastEvents.Concat(request.NewEvents).Select(e => e.ExecutionStarted).First(s => s is not null);
            var file = Path.Combine(folder, $"{started.Name}.{response.Actions[^1].CompleteOrchestration.OrchestrationStatus}.jsonl");
            lock (options)
            {
                if (!File.Exists(file))
                    File.WriteAllText(file, HistoryReplay.Write(request, response));
            }
        };
    }
}
