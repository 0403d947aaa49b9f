using System.Collections.Concurrent;
using System.Threading.Channels;
using Dapr.Workflow;
using Dapr.Workflow.Wire;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dapr.Workflow.Replay.Tests;

/// <summary>A sidecar that has one worker, the package's own, and hands it turns out of recorded histories. No internals of the package are touched.</summary>
internal sealed class ReplayHost : IAsyncDisposable
{
    private readonly Service _service = new();
    private readonly List<WebApplication> _apps = [];

    public static async Task<ReplayHost> StartAsync(Action<WorkflowRuntimeOptions> configure)
    {
        var host = new ReplayHost();
        var server = WebApplication.CreateSlimBuilder();
        server.Logging.ClearProviders();
        server.WebHost.ConfigureKestrel(k => k.Listen(System.Net.IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2));
        server.Services.AddGrpc();
        server.Services.AddSingleton(host._service);
        var sidecar = server.Build();
        sidecar.MapGrpcService<Service>();
        await sidecar.StartAsync();
        host._apps.Add(sidecar);
        var worker = WebApplication.CreateSlimBuilder();
        worker.Logging.ClearProviders();
        worker.WebHost.UseUrls("http://127.0.0.1:0");
        worker.Configuration["DAPR_GRPC_ENDPOINT"] = sidecar.Urls.Single();
        worker.Services.AddDaprWorkflow(configure);
        var app = worker.Build();
        await app.StartAsync();
        host._apps.Add(app);
        return host;
    }

    public Task<OrchestratorResponse> TurnAsync(OrchestratorRequest request) => _service.TurnAsync(request);

    /// <summary>Every turn of the history, one after the other: what the code asks for must be what the history has after that turn.</summary>
    /// <returns>Null, or the first difference.</returns>
    public async Task<string?> VerifyAsync(string recorded)
    {
        var lines = recorded.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var request = JsonParser.Default.Parse<OrchestratorRequest>(lines[0]);
        var last = JsonParser.Default.Parse<OrchestratorResponse>(lines[1]);
        var turns = new List<List<HistoryEvent>>();
        foreach (var e in request.PastEvents)
        {
            if (e.OrchestratorStarted is not null)
                turns.Add([]);
            turns[^1].Add(e);
        }
        var past = new List<HistoryEvent>();
        for (var n = 0; n < turns.Count; n++)
        {
            var turn = new OrchestratorRequest { InstanceId = request.InstanceId };
            turn.PastEvents.AddRange(past);
            turn.NewEvents.AddRange(turns[n].Where(e => Asked(e) is null));
            var expected = turns[n].Select(Asked).Where(a => a is not null).ToArray();
            var actual = (await TurnAsync(turn)).Actions.Select(Asks).ToArray();
            if (!expected.SequenceEqual(actual))
                return $"turn {n}: history has [{string.Join("; ", expected)}], the code asks for [{string.Join("; ", actual)}]";
            past.AddRange(turns[n]);
        }
        var end = await TurnAsync(request);
        var (then, now) = (last.Actions.Select(Asks).ToArray(), end.Actions.Select(Asks).ToArray());
        return then.SequenceEqual(now) ? null : $"last turn: then [{string.Join("; ", then)}], now [{string.Join("; ", now)}]";
    }

    /// <summary>Ids of children that were given none, and of executions, are the worker's own affair.</summary>
    private static string? Asked(HistoryEvent e) => e switch
    {
        { TaskScheduled: { } t } => $"{e.EventId} activity {t.Name}({t.Input})",
        { TimerCreated: not null } => $"{e.EventId} timer",
        { SubOrchestrationInstanceCreated: { } c } => $"{e.EventId} child {c.Name}({c.Input})",
        { EventSent: { } s } => $"{e.EventId} event {s.Name} to {s.InstanceId}",
        _ => null,
    };

    private static string Asks(OrchestratorAction a) => a switch
    {
        { ScheduleTask: { } t } => $"{a.Id} activity {t.Name}({t.Input})",
        { CreateTimer: not null } => $"{a.Id} timer",
        { CreateSubOrchestration: { } c } => $"{a.Id} child {c.Name}({c.Input})",
        { SendEvent: { } s } => $"{a.Id} event {s.Name} to {s.Instance.InstanceId}",
        { CompleteOrchestration: { } end } => $"{end.OrchestrationStatus} {end.Result}{end.FailureDetails?.ErrorType} {end.FailureDetails?.ErrorMessage}",
        _ => a.ToString(),
    };

    public async ValueTask DisposeAsync()
    {
        _service.Turns.Writer.Complete();
        foreach (var app in Enumerable.Reverse(_apps))
        {
            using var now = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            await app.StopAsync(now.Token);
            await app.DisposeAsync();
        }
    }

    private sealed class Service : TaskHubSidecarService.TaskHubSidecarServiceBase
    {
        private readonly ConcurrentDictionary<string, TaskCompletionSource<OrchestratorResponse>> _answers = new();
        private int _token;

        public Channel<WorkItem> Turns { get; } = Channel.CreateUnbounded<WorkItem>();

        public async Task<OrchestratorResponse> TurnAsync(OrchestratorRequest request)
        {
            var token = $"t{Interlocked.Increment(ref _token)}";
            var answer = _answers[token] = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Turns.Writer.TryWrite(new() { OrchestratorRequest = request, CompletionToken = token });
            return await answer.Task.WaitAsync(TimeSpan.FromSeconds(20));
        }

        public override Task<Empty> Hello(Empty request, ServerCallContext context) => Task.FromResult(new Empty());

        public override async Task GetWorkItems(GetWorkItemsRequest request, IServerStreamWriter<WorkItem> responseStream, ServerCallContext context)
        {
            await foreach (var item in Turns.Reader.ReadAllAsync(context.CancellationToken))
                await responseStream.WriteAsync(item);
        }

        public override Task<CompleteTaskResponse> CompleteOrchestratorTask(OrchestratorResponse request, ServerCallContext context)
        {
            if (_answers.TryRemove(request.CompletionToken, out var answer))
                answer.SetResult(request);
            return Task.FromResult(new CompleteTaskResponse());
        }
    }
}
