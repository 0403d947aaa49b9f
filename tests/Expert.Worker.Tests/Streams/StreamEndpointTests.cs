using System.Net;
using Expert.Worker.Experts;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Mesh.Contracts.Streams;

namespace Expert.Worker.Tests.Streams;

public sealed class StreamEndpointTests : IAsyncLifetime
{
    private static readonly ExpertSpec Unix = Checkout.Spec("unix");
    private readonly ScriptedLoader _loader = new();
    private WorkerApp _worker = null!;

    public async Task InitializeAsync()
    {
        _worker = await WorkerApp.StartAsync(_loader);
        await _worker.LoadAsync(Unix);
    }

    public async Task DisposeAsync() => await _worker.DisposeAsync();

    [Fact]
    public async Task Steps_are_answered_and_the_stream_ends_when_the_router_ends_it()
    {
        var frames = await ExchangeAsync(buffer =>
        {
            for (var n = 1ul; n <= 100; n++)
                buffer.Step(Steps.Request(n, 5, (int)n % 90));
        });
        Assert.Equal(Enumerable.Range(1, 100).Select(n => (ulong)n), frames.Select(f => f.Reply!.Session.Value).Order());
        // Its sessions end with it.
        Assert.Equal(100, _loader.Released.Distinct().Count());
    }

    [Fact]
    public async Task A_released_session_is_let_go_at_once()
    {
        await ExchangeAsync(buffer =>
        {
            buffer.Step(Steps.Request(7, 5));
            buffer.Release(new(7));
        });
        Assert.Equal(new SessionId(7), Assert.Single(_loader.Released));
    }

    [Fact]
    public async Task The_newest_request_of_a_session_waits_for_the_running_one_and_is_answered_alone()
    {
        var first = new TaskCompletionSource();
        var running = 0;
        _loader.OnStep = async (request, reply, _) =>
        {
            if (request.Session.Value == 2)
                first.SetResult(); // the stream has taken all that came before it
            else
            {
                Assert.Equal(1, Interlocked.Increment(ref running));
                if (request.Turn == 1)
                    await first.Task;
                Interlocked.Decrement(ref running);
            }
            ScriptedLoader.Answer(request, reply);
        };
        var exchange = ExchangeAsync(buffer =>
        {
            for (var turn = 1u; turn <= 3; turn++)
            {
                var request = Steps.Request(1, 5);
                request.Turn = turn;
                buffer.Step(request);
            }
            buffer.Step(Steps.Request(2, 5));
        });
        Assert.Equal(3u, Assert.Single(await exchange, frame => frame.Reply!.Session.Value == 1).Reply!.Turn);
    }

    /// <summary>Slots are used again: a cancellation must not reach the step that has the slot by then. Fewer steps than a stream runs at once, else some are Busy.</summary>
    [Fact]
    public async Task Ending_a_session_ends_no_step_of_another()
    {
        _loader.OnStep = async (request, reply, token) =>
        {
            if (request.Session.Value % 2 == 1)
                await Task.Delay(Timeout.Infinite, token);
            await Task.Yield();
            ScriptedLoader.Answer(request, reply);
        };
        var frames = await ExchangeAsync(buffer =>
        {
            for (var n = 1ul; n <= 1000; n++)
            {
                buffer.Step(Steps.Request(n, 5));
                if (n % 2 == 1)
                    buffer.Release(new(n));
            }
        });
        Assert.Equal("500 Ok", string.Join(", ", frames.GroupBy(f => f.Reply!.Status).Select(g => $"{g.Count()} {g.Key}")));
    }

    /// <summary>A step that is done is answered, also when the router closes its side in that very moment.</summary>
    [Fact]
    public async Task The_last_answer_comes_before_the_end()
    {
        _loader.OnStep = async (request, reply, _) =>
        {
            await Task.Yield();
            ScriptedLoader.Answer(request, reply);
        };
        for (var n = 0; n < 300; n++)
            Assert.Equal(StepStatus.Ok, Assert.Single(await ExchangeAsync(buffer => buffer.Step(Steps.Request(1, 5)))).Reply!.Status);
    }

    [Fact]
    public async Task A_backend_that_throws_is_a_failed_step_not_a_closed_stream()
    {
        _loader.OnStep = (request, reply, _) =>
        {
            if (request.Session.Value == 1)
                throw new InvalidOperationException("broken");
            ScriptedLoader.Answer(request, reply);
            return default;
        };
        var frames = await ExchangeAsync(buffer =>
        {
            buffer.Step(Steps.Request(1, 5));
            buffer.Step(Steps.Request(2, 5));
        });
        Assert.Equal([StepStatus.Failed, StepStatus.Ok], frames.OrderBy(f => f.Reply!.Session.Value).Select(f => f.Reply!.Status));
    }

    [Fact]
    public async Task Unloading_the_expert_closes_its_streams()
    {
        var open = new TaskCompletionSource();
        using var response = await _worker.OpenAsync(_worker.StreamUrl(Unix.Id), _worker.Ticket(Unix.Id), new OpenContent(open.Task));
        await _worker.Experts.RemoveAsync(Unix.Id);
        await Assert.ThrowsAnyAsync<Exception>(async () => await ReadAsync(response));
        open.SetResult();
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 0, 1 }, "A frame of 0 bytes")]
    [InlineData(new byte[] { 255, 255, 255, 255, 1 }, "A frame of 4294967295 bytes")]
    [InlineData(new byte[] { 1, 0, 0, 0, 9 }, "9 is no frame kind")]
    [InlineData(new byte[] { 1, 0, 0, 0, 3 }, "sends no Error frame")]
    [InlineData(new byte[] { 3, 0, 0, 0, 2, 1, 1 }, "A release frame holds 8 bytes")]
    [InlineData(new byte[] { 2, 0, 0, 0, 1, 1 }, "cut short")]
    [InlineData(new byte[] { 50, 0, 0, 0, 1, 1 }, "ends inside a frame")]
    public async Task A_broken_rule_closes_the_stream_with_the_reason(byte[] bytes, string reason)
    {
        using var response = await _worker.OpenAsync(_worker.StreamUrl(Unix.Id), _worker.Ticket(Unix.Id), new ByteArrayContent(bytes));
        var last = (await ReadAsync(response))[^1];
        Assert.Contains(reason, last.Error);
    }

    [Fact]
    public async Task Only_a_ticket_opens_a_stream_and_only_over_http2_at_its_own_door()
    {
        var url = _worker.StreamUrl(Unix.Id);
        var other = ExpertId.Parse("code");
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(url, null));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(url, "a.b"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(url, _worker.Ticket(other)));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(_worker.StreamUrl(other), _worker.Ticket(other)));
        // The sidecar's door serves no stream, the stream's door nothing else.
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(_worker.Url + StreamContract.PathOf(Unix.Id), _worker.Ticket(Unix.Id), HttpVersion.Version11));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(new Uri(new Uri(url), "/actors/ExpertActor/unix/method/StepAsync").AbsoluteUri, null));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(new Uri(new Uri(url), "/health").AbsoluteUri, null));
    }

    private async Task<HttpStatusCode> StatusAsync(string url, string? ticket, Version? version = null)
    {
        using var response = await _worker.OpenAsync(url, ticket, new ByteArrayContent([]), version);
        return response.StatusCode;
    }

    private async Task<List<Frame>> ExchangeAsync(Action<FrameBuffer> write)
    {
        var buffer = new FrameBuffer();
        write(buffer);
        using var response = await _worker.OpenAsync(_worker.StreamUrl(Unix.Id), _worker.Ticket(Unix.Id), new ByteArrayContent(buffer.Written.ToArray()));
        return await ReadAsync(response);
    }

    internal static async Task<List<Frame>> ReadAsync(HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var reader = new FrameReader(await response.Content.ReadAsStreamAsync(limit.Token));
        var frames = new List<Frame>();
        while (await reader.ReadAsync(limit.Token))
        {
            if (reader.Kind == FrameKind.Error)
                frames.Add(new(null, reader.ReadError()));
            else if (reader.Kind == FrameKind.Step)
                frames.Add(new(Assert.Single(Steps.Decode(reader.Payload)), null));
        }
        return frames;
    }

    internal sealed record Frame(StepReply? Reply, string? Error);

    /// <summary>A body that stays open until told.</summary>
    private sealed class OpenContent(Task until) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.FlushAsync();
            await until;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
