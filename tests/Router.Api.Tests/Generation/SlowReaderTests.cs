using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Router.Api.Generation;

namespace Router.Api.Tests.Generation;

/// <summary>Readers on real sockets that take little or nothing.</summary>
public sealed class SlowReaderTests
{
    private const string Path = "/v1/chat/completions";
    private static readonly object Hello = new { model = "mesh", messages = new[] { new { role = "user", content = "Hi" } } };
    private static readonly string[] EightPlaces = ["--Mesh:Router:MaxConcurrent=8", "--Mesh:Router:ReaderTimeout=00:10:00"];

    /// <summary>More than sockets and buffers hold, eight times over with log-probabilities.</summary>
    private static readonly string Long = string.Concat(Enumerable.Range(0, 400).Select(i => $"Line {i}: é€😀. "));

    [Fact]
    public async Task Readers_that_take_nothing_of_a_stream_hold_no_places()
    {
        await using var router = await RouterHost.StartAsync(loop: new() { Answer = Long }, settings: EightPlaces);
        using Socket first = Ask(router, stream: true), second = Ask(router, stream: true);
        await Eventually(() => router.Loop.Requests.Count == 16);
        var queue = router.Services.GetRequiredService<GenerationQueue>();
        await Eventually(() => queue is { Running: 0, Waiting: 0 });
        Assert.False(router.Loop.Abandoned.Task.IsCompleted, "They are still to be answered.");
        router.Loop.Answer = "Quick.";
        Assert.Equal("Quick.", Content(await router.AskAsync(Path, Hello)));
    }

    [Fact]
    public async Task Readers_that_take_nothing_of_a_whole_answer_hold_no_places()
    {
        await using var router = await RouterHost.StartAsync(loop: new() { Answer = Long }, settings: EightPlaces);
        using var reader = Ask(router, stream: false);
        await Eventually(() => router.Loop.Requests.Count == 8);
        var queue = router.Services.GetRequiredService<GenerationQueue>();
        await Eventually(() => queue is { Running: 0, Waiting: 0 });
        router.Loop.Answer = "Quick.";
        Assert.Equal("Quick.", Content(await router.AskAsync(Path, Hello)));
        var body = await ReadAsync(reader);
        Assert.EndsWith("\r\n0\r\n\r\n", body[^16..]);
    }

    [Fact]
    public async Task A_reader_that_falls_behind_and_catches_up_gets_every_character()
    {
        await using var router = await RouterHost.StartAsync(loop: new() { Answer = Long }, settings: [.. EightPlaces, "--Mesh:Router:ReadAheadBytes=4096"]);
        using var reader = Ask(router, stream: true);
        var queue = router.Services.GetRequiredService<GenerationQueue>();
        await Eventually(() => router.Loop.Requests.Count == 8 && queue.Running == 0);
        var texts = new StringBuilder[8];
        foreach (var line in Unchunk(await ReadAsync(reader)).Split("\n\n").Where(l => l.StartsWith("data: {", StringComparison.Ordinal)))
        {
            var choice = JsonDocument.Parse(line["data: ".Length..]).RootElement.GetProperty("choices")[0];
            var text = texts[choice.GetProperty("index").GetInt32()] ??= new();
            if (choice.GetProperty("delta").TryGetProperty("content", out var content))
                text.Append(content.GetString());
        }
        Assert.All(texts, text => Assert.Equal(Long, text.ToString()));
        Assert.Equal(0, queue.Running);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_reader_that_takes_nothing_for_too_long_loses_the_connection(bool stream)
    {
        await using var router = await RouterHost.StartAsync(loop: new() { Answer = Long }, settings: ["--Mesh:Router:ReaderTimeout=00:00:02"]);
        var given = 0L;
        using var meters = new MeterListener();
        meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "mesh.router.stalled_readers" && instrument.Meter.Scope == router.Services.GetRequiredService<IMeterFactory>())
                listener.EnableMeasurementEvents(instrument);
        };
        meters.SetMeasurementEventCallback<long>((_, count, _, _) => Interlocked.Add(ref given, count));
        meters.Start();
        using var reader = Ask(router, stream);
        await Eventually(() => Interlocked.Read(ref given) == 1);
        if (stream)
            await router.Loop.Abandoned.Task.WaitAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(8, router.Loop.Requests.Count);
        await Assert.ThrowsAsync<IOException>(() => ReadAsync(reader));
    }

    [Fact]
    public async Task A_client_that_leaves_while_the_answer_waits_for_it_ends_the_work()
    {
        await using var router = await RouterHost.StartAsync(loop: new() { Answer = Long }, settings: EightPlaces);
        using (var reader = Ask(router, stream: true))
        {
            var queue = router.Services.GetRequiredService<GenerationQueue>();
            await Eventually(() => router.Loop.Requests.Count == 8 && queue.Running == 0);
        }
        await router.Loop.Abandoned.Task.WaitAsync(TimeSpan.FromMinutes(2));
    }

    [Fact]
    public async Task A_full_queue_does_not_turn_away_who_comes_back()
    {
        await using var router = await RouterHost.StartAsync(loop: new() { Answer = Long }, settings: [.. EightPlaces, "--Mesh:Router:MaxQueued=1"]);
        using var reader = Ask(router, stream: true);
        var queue = router.Services.GetRequiredService<GenerationQueue>();
        await Eventually(() => router.Loop.Requests.Count == 8 && queue.Running == 0);
        var release = new TaskCompletionSource();
        router.Loop.Before = (i, ct) => i == 0 ? release.Task.WaitAsync(ct) : Task.CompletedTask;   // those that wait for their reader are past it
        router.Loop.Answer = "Quick.";
        var other = router.Client.PostAsJsonAsync(Path, Hello);
        await Eventually(() => router.Loop.Requests.Count == 9);
        var reading = ReadAsync(reader);
        await Eventually(() => queue.Waiting == 8);
        release.SetResult();
        Assert.Contains("data: [DONE]", (await reading)[^64..]);
        Assert.True((await other).IsSuccessStatusCode);
    }

    private static string? Content(JsonElement answer) => answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString();

    /// <summary>Asks for eight answers on a socket that takes in little by itself.</summary>
    private static Socket Ask(RouterHost router, bool stream)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        socket.Connect(IPAddress.Loopback, router.Address.Port);
        var body = JsonSerializer.Serialize(new { model = "mesh", n = 8, stream, logprobs = true, top_logprobs = 2, messages = new[] { new { role = "user", content = "Hi" } } });
        socket.Send(Encoding.UTF8.GetBytes(
            $"POST {Path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
        return socket;
    }

    private static async Task<string> ReadAsync(Socket socket)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await using var stream = new NetworkStream(socket);
        using var text = new StreamReader(stream, Encoding.Latin1);   // bytes, one for one
        return await text.ReadToEndAsync(limit.Token);
    }

    private static string Unchunk(string response)
    {
        var body = new StringBuilder();
        for (var at = response.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4; ;)
        {
            var end = response.IndexOf("\r\n", at, StringComparison.Ordinal);
            var length = Convert.ToInt32(response[at..end], 16);
            if (length == 0)
                return Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(body.ToString()));
            body.Append(response, end + 2, length);
            at = end + 2 + length + 2;
        }
    }

    private static async Task Eventually(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (!holds())
            await Task.Delay(5, limit.Token);
    }
}
