using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Dapr.DurableTask.Protobuf;
using Dapr.Workflow.Wire;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.ClientFactory;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Conformance.Tests.Workflows.Hosting;

/// <summary>The last turn of the first instance of each workflow that ends, written to a folder for the replay tests: the one that MESH_RECORD_HISTORIES names.</summary>
internal sealed partial class Recording(string folder) : Interceptor
{
    private readonly ConcurrentDictionary<string, WorkflowRequest> _turns = new();

    /// <summary>Null: nothing is recorded.</summary>
    public static string? Folder => Environment.GetEnvironmentVariable("MESH_RECORD_HISTORIES") is { Length: > 0 } folder ? folder : null;

    /// <summary>Begins the names of files.</summary>
    public string Prefix { get; set; } = "";

    public static void Attach(IServiceCollection services)
    {
        if (Folder is { } folder)
            Attach(services, new(folder));
    }

    public static void Attach(IServiceCollection services, Recording recording)
    {
        Directory.CreateDirectory(recording.Target);
        services.PostConfigure<GrpcClientFactoryOptions>("TaskHubSidecarServiceClient", client => client.InterceptorRegistrations.Add(new(InterceptorScope.Channel, _ => recording)));
    }

    private string Target => folder;

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(request, context);
        return new(new Reader<TResponse>(call.ResponseStream, this), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        if (request is WorkflowResponse answer && _turns.TryRemove(answer.CompletionToken, out var turn) && answer.Actions.Any(a => a.CompleteWorkflow is not null) && turn.CalculateSize() <= 64 << 10)
            Write(OrchestratorRequest.Parser.ParseFrom(turn.ToByteArray()), OrchestratorResponse.Parser.ParseFrom(answer.ToByteArray()));
        return continuation(request, context);
    }

    /// <summary>Under the names of the engine's protocol; the package has others for the same fields.</summary>
    private void Write(OrchestratorRequest request, OrchestratorResponse response)
    {
        var started = request.PastEvents.Concat(request.NewEvents).Select(e => e.ExecutionStarted).First(s => s is not null);
        var file = Path.Combine(folder, $"{Prefix}{started.Name}.{response.Actions[^1].CompleteOrchestration.OrchestrationStatus}.jsonl");
        response.CompletionToken = "";
        lock (_turns)
        {
            if (!File.Exists(file))
                File.WriteAllText(file, StackTraces().Replace($"{JsonFormatter.Default.Format(request)}\n{JsonFormatter.Default.Format(response)}\n", "\"stackTrace\": \"\""));
        }
    }

    /// <summary>They name folders of the machine that recorded.</summary>
    [GeneratedRegex(@"""stackTrace"": ""(\\.|[^""\\])*""")]
    private static partial Regex StackTraces();

    private sealed class Reader<T>(IAsyncStreamReader<T> inner, Recording recording) : IAsyncStreamReader<T>
    {
        public T Current => inner.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            var more = await inner.MoveNext(cancellationToken);
            if (more && Current is Dapr.DurableTask.Protobuf.WorkItem { WorkflowRequest: { } turn } item)
                recording._turns[item.CompletionToken] = turn;
            return more;
        }
    }
}
