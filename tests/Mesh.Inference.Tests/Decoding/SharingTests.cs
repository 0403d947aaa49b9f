using Mesh.Contracts.Steps;
using Microsoft.Extensions.Time.Testing;

namespace Mesh.Inference.Tests.Decoding;

/// <summary>Many sessions at one expert: batching, prefix sharing, eviction, cancellation, the end.</summary>
public sealed class SharingTests(SharedCacheFixture fixture) : IClassFixture<SharedCacheFixture>
{
    private readonly LlamaExpert _expert = fixture.Expert;
    private readonly BareLoop _bare = fixture.Bare;

    [Fact]
    public async Task Sessions_in_one_batch_answer_as_each_does_alone()
    {
        var prompts = Enumerable.Range(0, 20).Select(n => Prompt(n, 5 + n * 7)).ToArray();
        var answers = await Task.WhenAll(prompts.Select(p => Task.Run(() => new Session(_expert).GreedyAsync(p, 12))));
        for (var n = 0; n < prompts.Length; n++)
            AssertGreedy(prompts[n], answers[n]);
    }

    [Fact]
    public async Task A_shared_prefix_answers_as_an_own_one()
    {
        var system = Prompt(1, 60);
        var first = new Session(_expert);
        await first.StepAsync(0, [.. system, 71, 72, 73]);
        var second = new Session(_expert);
        var reply = await second.StepAsync(0, [.. system, 81, 82], scores: 2);
        var rows = _bare.LogProbabilities([.. system, 81, 82]);
        Session.AssertNear(rows[^1], reply.Distributions[0]);
        Assert.Equal(rows[^2][82], reply.Scores[1], Session.Noise);
        // Neither can spoil what the other shares.
        reply = await second.StepAsync(3, [400, 401]);
        Session.AssertNear(_bare.LogProbabilities([.. system[..3], 400, 401])[^1], reply.Distributions[0]);
        reply = await first.StepAsync(63, [74]);
        Session.AssertNear(_bare.LogProbabilities([.. system, 71, 72, 73, 74])[^1], reply.Distributions[0]);
    }

    [Fact]
    public async Task The_next_turn_of_a_chat_finds_the_cache_of_the_one_before()
    {
        await using var expert = await Session.LoadAsync(TestModels.Arithmetic, ArithmeticFixture.SharedCache);
        var turn = Prompt(3, 300);
        var first = new Session(expert);
        await first.StepAsync(0, turn);
        first.Release();
        var reply = await new Session(expert).StepAsync(0, [.. turn, 50, 51, 52]);
        Session.AssertNear(_bare.LogProbabilities([.. turn, 50, 51, 52])[^1], reply.Distributions[0]);
        Assert.InRange(expert.DecodedTokens, 303, 310);
    }

    [Fact]
    public async Task Sessions_beyond_the_cache_evict_each_other_and_say_what_they_need()
    {
        // Room for two sessions of full length and a bit: eight long ones cannot all stay.
        await using var expert = await Session.LoadAsync(TestModels.Arithmetic, new() { CacheBytes = 1 });
        var sessions = Enumerable.Range(0, 8).Select(n => (Session: new Session(expert), Prompt: Prompt(n, 150))).ToArray();
        foreach (var (session, prompt) in sessions)
            Assert.Equal(StepStatus.Ok, (await session.StepAsync(0, prompt)).Status);
        var lost = 0;
        foreach (var (session, prompt) in sessions)
        {
            var reply = await session.StepAsync(prompt.Length, [9]);
            if (reply.Status == StepStatus.NeedFrom)
            {
                lost++;
                reply = await session.StepAsync(reply.NeedFrom, [.. prompt[reply.NeedFrom..], 9]);
            }
            Session.AssertNear(_bare.LogProbabilities([.. prompt, 9])[^1], reply.Distributions[0]);
        }
        Assert.InRange(lost, 1, 8);
    }

    [Fact]
    public async Task When_every_sequence_is_taken_a_new_session_is_told_so_until_one_ends_or_is_abandoned()
    {
        var time = new FakeTimeProvider();
        await using var expert = await Session.LoadAsync(TestModels.Arithmetic, new() { MaxSequences = 2, Time = time, Threads = 1 });
        var (a, b, c) = (new Session(expert), new Session(expert), new Session(expert));
        await a.StepAsync(0, [5]);
        await b.StepAsync(0, [6]);
        Assert.Equal(StepStatus.Busy, (await c.StepAsync(0, [7])).Status);
        a.Release();
        Assert.Equal(StepStatus.Ok, (await c.StepAsync(0, [7])).Status);
        Assert.Equal(StepStatus.Busy, (await a.StepAsync(0, [5])).Status);
        time.Advance(TimeSpan.FromMinutes(1));
        await c.StepAsync(1, [8]);
        Assert.Equal(StepStatus.Ok, (await a.StepAsync(0, [5])).Status); // in place of b, which nobody has asked for since
        Assert.Equal(StepStatus.NeedFrom, (await b.StepAsync(1, [5])).Status);
        Assert.Equal(2, expert.ActiveSessions);
    }

    [Fact]
    public async Task A_cancelled_step_frees_the_expert_at_once_and_leaves_a_sound_cache()
    {
        var prompt = Prompt(9, 500);
        var session = new Session(_expert);
        for (var n = 0; n < 30; n++)
        {
            using var cancel = new CancellationTokenSource();
            var step = session.StepAsync(0, [n, .. prompt[1..]], scores: 400, continuation: 16, cancellationToken: cancel.Token);
            if (n % 3 > 0)
                await Task.Yield();
            if (n % 3 > 1)
                await new Session(_expert).StepAsync(0, [3, 4]);
            await cancel.CancelAsync();
            try
            {
                await step;
            }
            catch (OperationCanceledException)
            {
                // Either is right: the step was done, or it was not.
            }
        }
        var reply = await session.StepAsync(0, prompt[..40]);
        Session.AssertNear(_bare.LogProbabilities(prompt[..40])[^1], reply.Distributions[0]);
    }

    [Fact]
    public async Task A_cancelled_token_stops_a_step_before_it_begins() =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new Session(_expert).StepAsync(0, Prompt(1, 400), scores: 400, continuation: 16, cancellationToken: new(true)));

    [Fact]
    public async Task Storms_of_steps_cancellations_and_releases_harm_nobody()
    {
        await using var expert = await Session.LoadAsync(TestModels.Arithmetic, new() { CacheBytes = 1, MaxSequences = 6 });
        await Task.WhenAll(Enumerable.Range(0, 8).Select(n => Task.Run(async () =>
        {
            var random = new Random(n);
            for (var round = 0; round < 12; round++)
            {
                var session = new Session(expert);
                var prompt = Prompt(n % 3, random.Next(1, 200));
                using var cancel = new CancellationTokenSource();
                if (random.Next(3) == 0)
                    cancel.CancelAfter(TimeSpan.FromMilliseconds(random.Next(1, 30)));
                try
                {
                    var reply = await session.StepAsync(0, prompt, continuation: random.Next(4), cancellationToken: cancel.Token);
                    Assert.True(reply.Status is StepStatus.Ok or StepStatus.Busy, $"{reply.Status}");
                    if (reply.Status == StepStatus.Ok && (await session.StepAsync(prompt.Length, [9], scores: 1)).Status == StepStatus.Ok)
                        Session.AssertNear(Expected([.. prompt, 9]), session.Reply.Distributions[0]);
                }
                catch (OperationCanceledException)
                {
                    // Asked for.
                }
                session.Release();
            }
        })));
        var last = new Session(expert);
        Assert.Equal(StepStatus.Ok, (await last.StepAsync(0, [1, 2, 3])).Status);
        Assert.Equal(1, expert.ActiveSessions);
    }

    [Fact]
    public async Task A_draining_expert_goes_on_with_its_sessions_and_takes_no_new_ones()
    {
        await using var expert = await Session.LoadAsync(TestModels.Arithmetic, ArithmeticFixture.SharedCache);
        var session = new Session(expert);
        await session.StepAsync(0, [1, 2]);
        await expert.DrainAsync().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(StepStatus.Ok, (await session.StepAsync(2, [3])).Status);
        Assert.Equal(StepStatus.Refused, (await new Session(expert).StepAsync(0, [3])).Status);
    }

    [Fact]
    public async Task Steps_that_meet_the_end_of_the_expert_are_refused_never_lost()
    {
        for (var n = 0; n < 5; n++)
        {
            var expert = await Session.LoadAsync(TestModels.Arithmetic, ArithmeticFixture.SharedCache);
            var steps = Enumerable.Range(0, 8).Select(s => Task.Run(async () =>
            {
                var session = new Session(expert);
                while ((await session.StepAsync(0, Prompt(s, 300), scores: 200)).Status == StepStatus.Ok)
                {
                }
                return session.Reply.Status;
            })).ToArray();
            await new Session(expert).StepAsync(0, [1]);
            await expert.DisposeAsync();
            Assert.All(await Task.WhenAll(steps).WaitAsync(TimeSpan.FromSeconds(30)), status => Assert.Equal(StepStatus.Refused, status));
        }
    }

    private double[] Expected(int[] tokens)
    {
        lock (_bare)
            return _bare.LogProbabilities(tokens)[^1];
    }

    /// <summary>Equal to the bare loop's choice, or so near a tie that the order of sums decides.</summary>
    private void AssertGreedy(int[] prompt, List<int> answer)
    {
        var rows = _bare.LogProbabilities([.. prompt, .. answer]);
        for (var i = 0; i < answer.Count; i++)
            Assert.True(rows[prompt.Length - 1 + i].Max() - rows[prompt.Length - 1 + i][answer[i]] < Session.Noise);
    }

    private static int[] Prompt(int seed, int length)
    {
        var random = new Random(seed);
        return [0, .. Enumerable.Range(0, length - 1).Select(_ => random.Next(4096))];
    }
}
