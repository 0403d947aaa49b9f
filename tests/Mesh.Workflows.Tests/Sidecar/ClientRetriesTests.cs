using Grpc.Core;
using Mesh.Workflows.Sidecar;
using Microsoft.Extensions.Time.Testing;

namespace Mesh.Workflows.Tests.Sidecar;

public sealed class ClientRetriesTests
{
    private static readonly RpcException
        Unhosted = Fault(StatusCode.Internal, "did not find address for actor dapr.internal.default.app.workflow/x"),
        NotRegistered = Fault(StatusCode.Unknown, "actor type dapr.internal.default.app.workflow not registered"),
        Broken = new(new(StatusCode.Internal, "Error starting gRPC call.", new HttpRequestException("The server didn't respond to a ping request."))),
        Away = Fault(StatusCode.Unavailable, "connection refused"),
        Taken = Fault(StatusCode.Unknown, "an active workflow with ID 'x' already exists"),
        Other = Fault(StatusCode.Unknown, "no such instance exists");

    private readonly FakeTimeProvider _time = new();
    private readonly ClientRetries _retries;
    private readonly Queue<RpcException?> _answers = new();
    private int _calls;

    public ClientRetriesTests() => _retries = new(new() { ClientPatience = TimeSpan.FromSeconds(30) }, _time);

    [Fact]
    public async Task It_tries_again_until_a_worker_is_there() => Assert.Equal("done", await RunAsync([Unhosted, NotRegistered, Away, Broken, null]));

    [Fact]
    public async Task Another_fault_goes_to_the_caller_at_once()
    {
        Assert.Same(Other, await Assert.ThrowsAsync<RpcException>(() => RunAsync([Other])));
        Assert.Equal(1, _calls);
    }

    [Fact]
    public async Task Its_patience_ends_with_the_fault_itself()
    {
        var began = _time.GetUtcNow();
        Assert.Same(Unhosted, await Assert.ThrowsAsync<RpcException>(() => RunAsync([.. Enumerable.Repeat(Unhosted, 1000)])));
        Assert.True(_time.GetUtcNow() - began >= TimeSpan.FromSeconds(30));
        Assert.InRange(_calls, 10, 200);
    }

    [Fact]
    public async Task One_that_waits_is_ended_by_its_caller_alone() => Assert.Equal("done", await RunAsync([.. Enumerable.Repeat(Unhosted, 100), null], waits: true));

    [Fact]
    public async Task A_workflow_that_exists_after_a_start_in_doubt_was_started_by_it() => Assert.Equal("taken", await RunAsync([Away, Taken]));

    [Fact]
    public async Task One_that_existed_before_is_an_error() => Assert.Same(Taken, await Assert.ThrowsAsync<RpcException>(() => RunAsync([Taken])));

    private async Task<string> RunAsync(RpcException?[] answers, bool waits = false)
    {
        foreach (var answer in answers)
            _answers.Enqueue(answer);
        var run = _retries.RunAsync(() =>
        {
            _calls++;
            return _answers.Dequeue() is { } fault ? Task.FromException<string>(fault) : Task.FromResult("done");
        }, waits, () => "taken", CancellationToken.None);
        while (!run.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }
        return await run;
    }

    private static RpcException Fault(StatusCode code, string detail) => new(new(code, detail));
}
