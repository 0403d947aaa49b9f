using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Mesh.Chorus.Leases;
using Mesh.Ensemble.TokenLoop;
using Microsoft.Extensions.DependencyInjection;
using Router.Api.Generation;

namespace Router.Api.Tests.Governance;

/// <summary>They keep the processor busy, which other tests would wait for.</summary>
[CollectionDefinition(nameof(HaltTests), DisableParallelization = true)]
public sealed class HaltTestsAlone;

/// <summary>A halted mesh says nothing: not a token after the halt was acknowledged, whatever the token loop does.</summary>
[Collection(nameof(HaltTests))]
public sealed class HaltTests
{
    private const int Streams = 64, ToyStreams = 16;
    private static readonly string[] Settings = [$"--Mesh:Router:MaxConcurrent={Streams}", "--Mesh:Router:ReaderTimeout=00:10:00"];

    private static readonly (string Path, object Body)[] Kinds =
    [
        ("/v1/chat/completions", new { model = "mesh", stream = true, messages = new[] { new { role = "user", content = "Hi" } } }),
        ("/v1/completions", new { model = "mesh", stream = true, max_tokens = 100_000, prompt = "Hi" }),
        ("/v1/responses", new { model = "mesh", stream = true, input = "Hi" }),
        ("/v1/messages", new { model = "mesh", stream = true, max_tokens = 100_000, messages = new[] { new { role = "user", content = "Hi" } } }),
    ];

    [Fact]
    public async Task Sixty_four_streams_end_in_their_own_formats_and_none_says_a_word_after_the_acknowledgement()
    {
        var loop = new DeafLoop();
        await using var router = await RouterHost.StartAsync(loop, settings: Settings);
        var answers = await Task.WhenAll(Enumerable.Range(0, Streams).Select(i => BeginAsync(router, Kinds[i % Kinds.Length])));
        Assert.Equal(Streams, loop.Running);
        await router.Node.HaltAsync("halt", default);
        loop.IsHalted = true;      // acknowledged: whatever the loop says from here on is another word
        var texts = await Task.WhenAll(answers.Select(a => a.Content.ReadAsStringAsync()));
        foreach (var (index, text) in texts.Index())
        {
            Assert.DoesNotContain(DeafLoop.After, text);
            var last = JsonDocument.Parse(text[(text.LastIndexOf("data: ", StringComparison.Ordinal) + "data: ".Length)..]).RootElement;
            switch (index % Kinds.Length)
            {
                case 2:
                    Assert.Equal("response.failed", last.GetProperty("type").GetString());
                    Assert.Equal("mesh_halted", last.GetProperty("response").GetProperty("error").GetProperty("code").GetString());
                    break;
                case 3:
                    Assert.Equal("error", last.GetProperty("type").GetString());
                    Assert.Equal("mesh_halted", last.GetProperty("error").GetProperty("code").GetString());
                    break;
                default:
                    Assert.Equal("mesh_halted", last.GetProperty("error").GetProperty("code").GetString());
                    break;
            }
        }
        var queue = router.Services.GetRequiredService<GenerationQueue>();
        await EventuallyAsync(() => queue is { Running: 0, Waiting: 0 } && loop.Running == 0);
    }

    [Fact]
    public async Task The_experts_are_free_when_streams_were_halted()
    {
        await using var router = await RouterHost.StartToysAsync(settings: Settings);
        var body = new
        {
            model = "mesh", stream = true, max_tokens = 100_000, mesh = new { slide_anchor = 4 }, messages = new[] { new { role = "user", content = "Hi" } },
            logit_bias = FakeExperts.Tokenizer.EndTokens.ToDictionary(t => $"{t}", _ => -100),   // so that it lasts
        };
        var answers = await Task.WhenAll(Enumerable.Range(0, ToyStreams).Select(_ => BeginAsync(router, (Kinds[0].Path, body))));
        Assert.All(router.Experts.Toys, toy => Assert.InRange(toy.Sessions, 1, ToyStreams));
        await router.Node.HaltAsync("halt", default);
        Assert.All(await Task.WhenAll(answers.Select(a => a.Content.ReadAsStringAsync())), text => Assert.Contains("mesh_halted", text[text.LastIndexOf("data: ", StringComparison.Ordinal)..]));
        var queue = router.Services.GetRequiredService<GenerationQueue>();
        await EventuallyAsync(() => queue is { Running: 0, Waiting: 0 } && router.Experts.Toys.All(toy => toy.Sessions == 0));
    }

    /// <summary>Far more is ready than its reader has taken; that is gone with the halt.</summary>
    [Fact]
    public async Task A_reader_that_is_behind_reads_the_end_next()
    {
        var loop = new DeafLoop { Pause = TimeSpan.Zero };
        await using var router = await RouterHost.StartAsync(loop, settings: [.. Settings, "--Mesh:Router:ReadAheadBytes=16777216"]);
        using var socket = Ask(router, """{"model":"mesh","stream":true,"logprobs":true,"top_logprobs":20,"messages":[{"role":"user","content":"Hi"}]}""");
        // More than sockets and the server hold.
        await EventuallyAsync(() => loop.Given > 40_000);
        await router.Node.HaltAsync("halt", default);
        loop.IsHalted = true;
        var events = Unchunk(await ReadAsync(socket)).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.All(events, e => JsonDocument.Parse(e["data: ".Length..]));
        Assert.Contains("mesh_halted", events[^1]);
        Assert.DoesNotContain(events, e => e.Contains(DeafLoop.After));
        Assert.InRange(events.Length, 2, 40_000);
    }

    [Fact]
    public async Task A_whole_answer_is_an_error_as_long_as_nothing_of_it_was_sent()
    {
        var loop = new DeafLoop();
        await using var router = await RouterHost.StartAsync(loop, settings: Settings);
        var answer = router.PostAsync("/v1/chat/completions", """{"model":"mesh","messages":[{"role":"user","content":"Hi"}]}""");
        await EventuallyAsync(() => loop.Given > 10);
        await router.Node.HaltAsync("halt", default);
        Assert.Equal("mesh_halted", (await RouterHost.ErrorAsync(await answer, 503)).GetProperty("code").GetString());
    }

    /// <summary>Also of an expert that finished all the same.</summary>
    [Theory]
    [InlineData("/v1/embeddings", """{"model":"alpha","input":"Hi"}""")]
    [InlineData("/v1/rerank", """{"model":"alpha","query":"a","documents":["b"]}""")]
    public async Task Vectors_that_are_ready_at_the_halt_are_not_sent(string path, string body)
    {
        await using var router = await RouterHost.StartAsync();
        router.Experts.OnEmbed = async () => await router.Node.HaltAsync("halt", default);
        Assert.Equal("mesh_halted", (await RouterHost.ErrorAsync(await router.PostAsync(path, body), 503)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_reader_that_is_behind_with_its_vectors_loses_the_connection_and_holds_no_place_until_then()
    {
        await using var router = await RouterHost.StartAsync(settings: Settings);
        router.Experts.Dimensions = 8192;   // some 30 MB in all
        using var socket = Ask(router, JsonSerializer.Serialize(new { model = "alpha", input = Enumerable.Range(0, 2048).Select(i => $"text {i}") }), "/v1/embeddings");
        await EventuallyAsync(() => socket.Available > 0);   // more than sockets and the server hold is still to come
        Assert.Equal(0, router.Services.GetRequiredService<GenerationQueue>().Running);
        await router.Node.HaltAsync("halt", default);
        await Assert.ThrowsAsync<IOException>(() => ReadAsync(socket));
    }

    [Fact]
    public async Task Whoever_waits_for_a_turn_is_told_at_once()
    {
        var loop = new DeafLoop();
        await using var router = await RouterHost.StartAsync(loop, settings: ["--Mesh:Router:MaxConcurrent=1", "--Mesh:Router:MaxChoices=1"]);
        var first = ReadAsync(router, Kinds[0]);
        await EventuallyAsync(() => loop.Running == 1);
        var second = router.PostAsync("/v1/chat/completions", """{"model":"mesh","messages":[{"role":"user","content":"Hi"}]}""");
        var queue = router.Services.GetRequiredService<GenerationQueue>();
        await EventuallyAsync(() => queue.Waiting == 1);
        await router.Node.HaltAsync("halt", default);
        Assert.Equal("mesh_halted", (await RouterHost.ErrorAsync(await second, 503)).GetProperty("code").GetString());
        Assert.Contains("mesh_halted", await first);
    }

    [Fact]
    public async Task Nothing_begins_and_nothing_changes_until_the_mesh_is_resumed_and_looking_goes_on()
    {
        await using var router = await RouterHost.StartAsync();
        await router.Node.HaltAsync("halt-1", default);
        const string chat = """{"model":"mesh","messages":[{"role":"user","content":"Hi"}]}""";
        foreach (var (path, body) in new[]
        {
            ("/v1/chat/completions", chat), ("/v1/completions", """{"model":"mesh","prompt":"Hi"}"""), ("/v1/responses", """{"model":"mesh","input":"Hi"}"""),
            ("/v1/embeddings", """{"model":"alpha","input":"Hi"}"""), ("/v1/rerank", """{"model":"alpha","query":"a","documents":["b"]}"""), ("/mesh/select", """{"text":"Hi"}"""),
            ("/mesh/experts", """{"id":"new","model_path":"x.gguf"}"""), ("/mesh/experts/alpha/offline", "{}"),
        })
            Assert.Equal("mesh_halted", (await RouterHost.ErrorAsync(await router.PostAsync(path, body), 503)).GetProperty("code").GetString());
        await RouterHost.ErrorAsync(await router.Client.DeleteAsync("/mesh/experts/alpha"), 503);
        using var message = await router.PostAsync("/v1/messages", """{"model":"mesh","max_tokens":4,"messages":[{"role":"user","content":"Hi"}]}""");
        Assert.Equal(503, (int)message.StatusCode);
        Assert.Empty(router.Loop.Requests);
        foreach (var path in new[] { "/mesh/status", "/mesh/experts", "/v1/models", "/", "/health" })
            Assert.True((await router.Client.GetAsync(path)).IsSuccessStatusCode, path);
        var governance = (await router.StatusAsync()).GetProperty("governance");
        Assert.True(governance.GetProperty("halted").GetBoolean());
        Assert.Equal(["halt-1"], governance.GetProperty("halts").EnumerateArray().Select(h => h.GetProperty("id").GetString()));
        Assert.Equal(["halted"], await StatesAsync());
        await router.Node.ResumeAsync("resume", default);
        Assert.True((await router.PostAsync("/v1/chat/completions", chat)).IsSuccessStatusCode);
        Assert.Equal(["ready"], await StatesAsync());

        async Task<IEnumerable<string?>> StatesAsync() =>
            (await router.Client.GetFromJsonAsync<JsonElement>("/mesh/experts")).GetProperty("experts").EnumerateArray().Select(e => e.GetProperty("state").GetString()).Distinct();
    }

    /// <summary>As after a restart: a halted router connects nobody.</summary>
    [Fact]
    public async Task Where_no_expert_is_known_yet_the_halt_is_the_reason()
    {
        await using var router = await RouterHost.StartAsync(new FakeExperts());
        const string chat = """{"model":"mesh","messages":[{"role":"user","content":"Hi"}]}""";
        Assert.Equal("no_experts", (await RouterHost.ErrorAsync(await router.PostAsync("/v1/chat/completions", chat), 503)).GetProperty("code").GetString());
        await router.Node.HaltAsync("halt", default);
        Assert.Equal("mesh_halted", (await RouterHost.ErrorAsync(await router.PostAsync("/v1/chat/completions", chat), 503)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Without_the_lease_answers_go_on_and_nothing_changes()
    {
        await using var router = await RouterHost.StartAsync();
        await router.GovernAsync(Configurations.Of(1));
        var held = await router.Client.GetAsync("/mesh/status");
        Assert.Equal("held", held.Headers.GetValues("x-mesh-lease").Single());
        router.Node.Lease = LeaseState.Lost;
        using var answer = await router.PostAsync("/v1/chat/completions", """{"model":"mesh","messages":[{"role":"user","content":"Hi"}]}""");
        Assert.True(answer.IsSuccessStatusCode);
        Assert.Equal("lost", answer.Headers.GetValues("x-mesh-lease").Single());
        foreach (var (path, body) in new[] { ("/mesh/experts", """{"id":"new","model_path":"x.gguf"}"""), ("/mesh/experts/alpha/offline", "{}"), ("/mesh/experts/alpha/online", "{}") })
            Assert.Equal("no_lease", (await RouterHost.ErrorAsync(await router.PostAsync(path, body), 503)).GetProperty("code").GetString());
        Assert.Equal("no_lease", (await RouterHost.ErrorAsync(await router.Client.DeleteAsync("/mesh/experts/alpha"), 503)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Where_people_govern_registration_it_takes_a_proposal()
    {
        await using var router = await RouterHost.StartAsync();
        await router.GovernAsync(Configurations.Of(1) with { Policy = new() { GovernedRegistration = true } });
        var error = await RouterHost.ErrorAsync(await router.PostAsync("/mesh/experts", """{"id":"new","model_path":"x.gguf"}"""), 403);
        Assert.Equal("proposal_required", error.GetProperty("code").GetString());
        Assert.Contains("mesh propose admit-expert", error.GetProperty("message").GetString());
        error = await RouterHost.ErrorAsync(await router.Client.DeleteAsync("/mesh/experts/alpha"), 403);
        Assert.Contains("mesh propose remove-expert alpha", error.GetProperty("message").GetString());
        Assert.True((await router.PostAsync("/mesh/experts/alpha/offline", "{}")).IsSuccessStatusCode);
    }

    /// <summary>Until its first word is there.</summary>
    private static async Task<HttpResponseMessage> BeginAsync(RouterHost router, (string Path, object Body) kind)
    {
        var response = await router.Client.SendAsync(new(HttpMethod.Post, kind.Path) { Content = JsonContent.Create(kind.Body) }, HttpCompletionOption.ResponseHeadersRead);
        Assert.True(response.IsSuccessStatusCode);
        return response;
    }

    private static async Task<string> ReadAsync(RouterHost router, (string Path, object Body) kind)
    {
        using var response = await router.Client.PostAsJsonAsync(kind.Path, kind.Body);
        return await response.Content.ReadAsStringAsync();
    }

    /// <summary>On a socket that takes in little by itself.</summary>
    private static Socket Ask(RouterHost router, string body, string path = "/v1/chat/completions")
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        socket.Connect(IPAddress.Loopback, router.Address.Port);
        socket.Send(Encoding.UTF8.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
        return socket;
    }

    private static async Task<string> ReadAsync(Socket socket)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await using var stream = new NetworkStream(socket);
        using var text = new StreamReader(stream, Encoding.Latin1);
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
                return body.ToString();
            body.Append(response, end + 2, length);
            at = end + 2 + length + 2;
        }
    }

    private static async Task EventuallyAsync(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (!holds())
            await Task.Delay(5, limit.Token);
    }

    /// <summary>A token loop that goes on for ever whatever it is told; after the halt it says another word.</summary>
    private sealed class DeafLoop : ITokenLoop
    {
        public const string After = "WORD AFTER THE HALT";
        private static readonly int[] Before = FakeExperts.Tokenizer.Encode("before "), Later = FakeExperts.Tokenizer.Encode(After + " ");
        private int _running;
        private long _given;

        public bool IsHalted { get; set; }

        /// <summary>Between words: as many streams as these leave the processor to those who read them.</summary>
        public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(50);

        public int Running => Volatile.Read(ref _running);
        public long Given => Interlocked.Read(ref _given);

        public async IAsyncEnumerable<TokenEvent> RunAsync(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _running);
            try
            {
                while (true)
                {
                    foreach (var token in IsHalted ? Later : Before)
                    {
                        Interlocked.Increment(ref _given);
                        yield return new(token, -1, FinishReason.None, request.TopLogProbabilities > 0 ? [new(token, -1)] : null);
                    }
                    if (Pause == TimeSpan.Zero)
                        await Task.Yield();
                    else
                        await Task.Delay(Pause, CancellationToken.None);
                }
            }
            finally
            {
                Interlocked.Decrement(ref _running);
            }
        }
    }
}
