using Dapr.Workflow;
using Grpc.Core;
using Mesh.Workflows;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Mesh.Bench.Durability;

/// <summary>The worker that is killed, a process of its own: every step's start, end and seen result go to a journal that outlives it.</summary>
internal static class DurableApp
{
    public const string Workflow = "Durable";

    /// <param name="ids">Workflows it waits for from its start on, as a service does that is started again: so their standing still is its watchdog's care.</param>
    public static async Task<int> RunAsync(string grpc, string http, string journal, string[] ids)
    {
        var builder = Builder(grpc, http, options => Register(options, new Journal(journal)));
        builder.Logging.AddSimpleConsole(console => { console.SingleLine = true; console.TimestampFormat = "HH:mm:ss.fff "; });
        using var host = builder.Build();
        var client = host.Services.GetRequiredService<DaprWorkflowClient>();
        foreach (var id in ids)
            _ = WaitAsync(client, id);
        await host.RunAsync();
        return 0;
    }

    private static async Task WaitAsync(DaprWorkflowClient client, string id)
    {
        try
        {
            await client.WaitForWorkflowCompletionAsync(id, false);
        }
        catch (RpcException)
        {
            // Not scheduled yet.
        }
    }

    /// <summary>A client of its own process, which hosts nothing: its host is never started.</summary>
    public static DaprWorkflowClient Client(string grpc, string http) => Builder(grpc, http, _ => { }).Build().Services.GetRequiredService<DaprWorkflowClient>();

    private static HostApplicationBuilder Builder(string grpc, string http, Action<WorkflowRuntimeOptions> register)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new("DAPR_GRPC_ENDPOINT", grpc), new("DAPR_HTTP_ENDPOINT", http)]);
        builder.Services.AddMeshWorkflows(register, options => options.StateStore = "statestore");
        return builder;
    }

    private static void Register(WorkflowRuntimeOptions options, Journal journal)
    {
        options.RegisterActivity<string, string>("Step", async (_, key) =>
        {
            var result = $"{Guid.NewGuid():N}";
            journal.Note(Journal.Started, key, result);
            await Task.Delay(Random.Shared.Next(20, 200));
            journal.Note(Journal.Finished, key, result);
            return result;
        });
        options.RegisterWorkflow<string, string>("DurableChild", (context, key) => StepAsync(context, key));
        options.RegisterWorkflow<string, string[]>(Workflow, async (context, id) =>
        {
            var steps = new List<string>();
            for (var n = 0; n < 4; n++)
                steps.Add(await StepAsync(context, $"{id}/{n}"));
            steps.Add(await context.CallChildWorkflowAsync<string>("DurableChild", $"{id}/4"));
            await context.CreateTimer(TimeSpan.FromMilliseconds(100));
            steps.AddRange(await Task.WhenAll(StepAsync(context, $"{id}/5"), StepAsync(context, $"{id}/6"), StepAsync(context, $"{id}/7")));
            await context.WaitForExternalEventAsync<int>("go");
            steps.Add(await StepAsync(context, $"{id}/8"));
            return [.. steps];
        });

        async Task<string> StepAsync(WorkflowContext context, string key)
        {
            var result = await context.CallActivityAsync<string>("Step", key);
            if (!context.IsReplaying)
                journal.Note(Journal.Seen, key, result);
            return result;
        }
    }
}
