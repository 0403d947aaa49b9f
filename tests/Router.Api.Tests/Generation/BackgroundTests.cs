using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using Mesh.Ensemble;
using Mesh.Ensemble.TokenLoop;
using Mesh.Inference;
using Microsoft.Extensions.DependencyInjection;
using Router.Api.Generation;
using Router.Api.Governance.Canary;
using Router.Api.Governance.Experts;
using Router.Api.Tests.Governance;

namespace Router.Api.Tests.Generation;

/// <summary>The mesh's own work through the whole router.</summary>
public sealed class BackgroundTests
{
    private static readonly object Background = new { background = true };
    private static readonly object[] Messages = [new { role = "user", content = "Hi" }];

    private static readonly (string Path, object Body)[] Endpoints =
    [
        ("/v1/chat/completions", new { model = "mesh", max_tokens = 4, mesh = Background, messages = Messages }),
        ("/v1/chat/completions", new { model = "mesh", max_tokens = 4, mesh = Background, messages = Messages, stream = true }),
        ("/v1/completions", new { model = "mesh", max_tokens = 4, mesh = Background, prompt = "Hi" }),
        ("/v1/completions", new { model = "mesh", max_tokens = 0, mesh = Background, prompt = new[] { "Hi there", "And you" }, echo = true, logprobs = 0 }),
        ("/v1/responses", new { model = "mesh", max_output_tokens = 4, mesh = Background, input = "Hi" }),
        ("/v1/messages", new { model = "mesh", max_tokens = 4, mesh = Background, messages = Messages }),
    ];

    [Fact]
    public async Task Every_endpoint_stands_still_for_a_user_and_goes_on_after_him()
    {
        await using var router = await RouterHost.StartToysAsync(null, "--Mesh:Router:MaxConcurrent=2", "--Mesh:Router:MaxChoices=2");
        var (queue, pace) = (router.Services.GetRequiredService<GenerationQueue>(), router.Services.GetRequiredService<BackgroundPace>());
        var user = await queue.EnterAsync(1, default);
        var asked = Endpoints.Select(e => router.Client.PostAsJsonAsync(e.Path, e.Body)).ToList();
        await Eventually(() => pace.Waiting == Endpoints.Length + 1);    // of two texts each waits
        Assert.Equal((1, 0, 0), (queue.Running, queue.Waiting, router.Experts.Toys.Sum(t => t.Steps)));
        (await queue.EnterAsync(1, default)).Dispose();                  // another user does not wait for it
        Assert.DoesNotContain(asked, a => a.IsCompleted);
        user.Dispose();
        foreach (var answer in await Task.WhenAll(asked))
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        Assert.Equal(0, pace.Waiting);
    }

    [Fact]
    public async Task What_waits_is_bounded_halted_and_left_like_a_users()
    {
        await using var router = await RouterHost.StartToysAsync(null, "--Mesh:Router:MaxQueued=1");
        var (queue, pace) = (router.Services.GetRequiredService<GenerationQueue>(), router.Services.GetRequiredService<BackgroundPace>());
        using var user = await queue.EnterAsync(1, default);
        var (path, body) = Endpoints[0];
        var first = router.Client.PostAsJsonAsync(path, body);
        using var leave = new CancellationTokenSource();
        var second = router.Client.PostAsJsonAsync(path, body, leave.Token);
        await Eventually(() => pace.Waiting == 2);
        using (var third = await router.Client.PostAsJsonAsync(path, body))
        {
            Assert.NotNull(third.Headers.RetryAfter);
            Assert.Equal("rate_limit_exceeded", (await RouterHost.ErrorAsync(third, 429)).GetProperty("code").GetString());
        }
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        await Eventually(() => pace.Waiting == 1);
        await router.Node.HaltAsync("halt", default);
        Assert.Equal("mesh_halted", (await RouterHost.ErrorAsync(await first, 503)).GetProperty("code").GetString());
        Assert.Equal("mesh_halted", (await RouterHost.ErrorAsync(await router.Client.PostAsJsonAsync(path, body), 503)).GetProperty("code").GetString());
        Assert.Equal(0, pace.Waiting);
    }

    [Fact]
    public async Task It_is_in_no_canary_and_nothing_is_learned_from_it()
    {
        await using var router = await RouterHost.StartToysAsync();
        await router.GovernAsync(Configurations.Of(1, null, new(1, Configurations.Proposal, new() { Ensemble = new() { K = 1 } })));
        var standings = router.Services.GetRequiredService<ExpertStandings>();
        Assert.Equal("control", await ArmAsync(new { background = true, trace = true }));
        var report = router.Services.GetRequiredService<CanaryMeter>().Read()!;
        Assert.Equal((0L, 0L), (report.Control.Sessions, report.Candidate.Sessions));
        Assert.All(router.Experts.Peers, p => Assert.Equal(0, standings.MeanOf(p.Id)));
        Assert.Equal("candidate", await ArmAsync(new { trace = true }));
        Assert.NotEqual(0, router.Experts.Peers.Sum(p => Math.Abs(standings.MeanOf(p.Id))));

        async Task<string?> ArmAsync(object mesh) => (await router.AskAsync("/v1/completions", new { model = "mesh", max_tokens = 64, logit_bias = new Dictionary<string, int> { ["2"] = -100 }, prompt = "Hi", mesh }))
            .GetProperty("choices")[0].GetProperty("mesh").GetProperty("arm").GetString();
    }

    /// <summary>In the order in which tokens were made, with experts that compute: a stream of a user's, and one of the mesh's own from before it to after it.</summary>
    [Fact]
    public async Task While_a_users_stream_runs_it_makes_its_share_of_tokens_and_goes_on_afterwards()
    {
        const int UsersTokens = 300;
        var order = new OrderLoop();
        await using var router = await RouterHost.StartRealAsync(["arithmetic", "generalist", "lexicon"], new InferenceOptions(), new EnsembleOptions { K = 3 }, order.Around);
        using var leave = new CancellationTokenSource();
        var background = router.Client.PostAsJsonAsync("/v1/completions", Endless(400, Background), leave.Token);
        await Eventually(() => order.Own >= 3);
        await router.AskAsync("/v1/completions", Endless(UsersTokens, new { }));
        var ended = order.Own;
        await Eventually(() => order.Own >= ended + 3 || background.IsCompleted);
        var tokens = order.Tokens;
        var (begin, end) = (Array.IndexOf(tokens, true), Array.LastIndexOf(tokens, true));
        Assert.Equal(UsersTokens, tokens.Count(t => t));
        // The one under way when the user came, and what was paid for.
        Assert.InRange(tokens[begin..end].Count(t => !t), 1, 1 + UsersTokens / 9);
        Assert.InRange(tokens[end..].Count(t => !t), 1, int.MaxValue);
        await leave.CancelAsync();

        static object Endless(int tokens, object mesh) => new { model = "mesh", max_tokens = tokens, logit_bias = new Dictionary<string, int> { ["2"] = -100 }, prompt = "Define river.", mesh };
    }

    private static async Task Eventually(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (!holds())
            await Task.Delay(5, limit.Token);
    }

    /// <summary>Writes down whose every token was: true is a user's.</summary>
    private sealed class OrderLoop : ITokenLoop
    {
        private readonly Lock _gate = new();
        private readonly List<bool> _tokens = [];
        private ITokenLoop _loop = null!;

        public bool[] Tokens
        {
            get
            {
                lock (_gate)
                    return [.. _tokens];
            }
        }

        public int Own => Tokens.Count(t => !t);

        public ITokenLoop Around(ITokenLoop loop)
        {
            _loop = loop;
            return this;
        }

        public async IAsyncEnumerable<TokenEvent> RunAsync(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await foreach (var token in _loop.RunAsync(request, cancellationToken))
            {
                lock (_gate)
                    _tokens.Add(request.Pace is null);
                yield return token;
            }
        }
    }
}
