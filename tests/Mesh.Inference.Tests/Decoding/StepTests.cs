using Mesh.Contracts.Steps;

namespace Mesh.Inference.Tests.Decoding;

public sealed class StepTests(ArithmeticFixture fixture) : StepContract(fixture), IClassFixture<ArithmeticFixture>;

public sealed class SharedCacheStepTests(SharedCacheFixture fixture) : StepContract(fixture), IClassFixture<SharedCacheFixture>;

/// <summary>What a step means, against a bare libllama loop.</summary>
public abstract class StepContract(ArithmeticFixture fixture)
{
    private static readonly int[] Text = [0, .. Enumerable.Range(0, 23).Select(i => 40 + i * 37 % 900)];
    private readonly LlamaExpert _expert = fixture.Expert;
    private readonly BareLoop _bare = fixture.Bare;

    [Fact]
    public async Task Seventeen_and_twenty_five_is_forty_two()
    {
        var prompt = fixture.Tokenizer.EncodeChat([new("user", "What is 17 + 25?")]);
        var answer = await new Session(_expert).GreedyAsync(prompt, 20, fixture.Tokenizer.EndTokens);
        Assert.Contains("42", fixture.Tokenizer.Decode([.. answer]));
        Assert.Equal(_bare.Greedy(prompt, 20, fixture.Tokenizer.EndTokens), answer);
    }

    [Fact]
    public async Task A_prompt_is_answered_with_the_distribution_after_it()
    {
        var reply = await new Session(_expert).StepAsync(0, Text);
        Assert.Equal((StepStatus.Ok, 1, 0), (reply.Status, reply.Distributions.Length, reply.Scores.Length));
        Session.AssertNear(_bare.LogProbabilities(Text)[^1], reply.Distributions[0]);
        Assert.True(reply.Distributions[0].Ids.SequenceEqual(reply.Distributions[0].Ids.ToArray().Order().Distinct().ToArray()), "Ids must ascend strictly.");
        Assert.True(reply.ComputeMicroseconds > 0);
    }

    [Fact]
    public async Task Every_appended_token_can_be_scored_exactly()
    {
        var expected = _bare.LogProbabilities(Text);
        var reply = await new Session(_expert).StepAsync(0, Text, scores: Text.Length);
        Assert.Equal(Text.Length - 1, reply.Scores.Length); // Nothing comes before the first token of a text.
        for (var i = 1; i < Text.Length; i++)
            Assert.Equal(expected[i - 1][Text[i]], reply.Scores[i - 1], Session.Noise);
    }

    [Fact]
    public async Task The_first_token_of_the_next_step_is_scored_by_the_row_that_was_kept()
    {
        var expected = _bare.LogProbabilities(Text);
        var session = new Session(_expert);
        await session.StepAsync(0, Text[..10]);
        var reply = await session.StepAsync(10, Text[10..14], scores: 4);
        Assert.Equal(4, reply.Scores.Length);
        for (var i = 0; i < 4; i++)
            Assert.Equal(expected[9 + i][Text[10 + i]], reply.Scores[i], Session.Noise);
    }

    [Fact]
    public async Task Drafts_are_answered_one_distribution_each_and_one_more()
    {
        var expected = _bare.LogProbabilities(Text);
        var session = new Session(_expert);
        await session.StepAsync(0, Text[..10]);
        var reply = await session.StepAsync(10, Text[10..15], drafts: 4, scores: 1);
        Assert.Equal((5, 1), (reply.Distributions.Length, reply.Scores.Length));
        for (var i = 0; i < 5; i++)
            Session.AssertNear(expected[10 + i], reply.Distributions[i]);
        Assert.Equal(expected[13][Text[14]], reply.Scores[0], Session.Noise);
    }

    [Fact]
    public async Task What_differs_is_rolled_back()
    {
        int[] other = [.. Text[..12], 77, 78, 79];
        var session = new Session(_expert);
        await session.StepAsync(0, Text);
        var reply = await session.StepAsync(12, [77, 78, 79]);
        Session.AssertNear(_bare.LogProbabilities(other)[^1], reply.Distributions[0]);
        reply = await session.StepAsync(12, Text[12..]);
        Session.AssertNear(_bare.LogProbabilities(Text)[^1], reply.Distributions[0]);
    }

    [Fact]
    public async Task The_same_step_again_gets_the_same_answer()
    {
        var session = new Session(_expert);
        await session.StepAsync(0, Text[..10]);
        await session.StepAsync(10, Text[10..15], drafts: 3, continuation: 4);
        var continuation = session.Reply.Continuation.ToArray();
        await session.StepAsync(10, Text[10..15], drafts: 3, continuation: 4);
        var rows = _bare.LogProbabilities(Text[..15]);
        Assert.Equal(4, session.Reply.Distributions.Length);
        for (var i = 0; i < 4; i++)
            Session.AssertNear(rows[11 + i], session.Reply.Distributions[i]);
        Assert.Equal(continuation, session.Reply.Continuation.ToArray());
    }

    [Fact]
    public async Task A_session_that_is_not_here_is_asked_for_from_the_start()
    {
        var reply = await new Session(_expert).StepAsync(5, [7]);
        Assert.Equal((StepStatus.NeedFrom, 0), (reply.Status, reply.NeedFrom));
    }

    [Fact]
    public async Task A_gap_is_asked_for_from_where_it_begins()
    {
        var session = new Session(_expert);
        await session.StepAsync(0, Text[..6]);
        var reply = await session.StepAsync(9, [7]);
        Assert.Equal((StepStatus.NeedFrom, 6), (reply.Status, reply.NeedFrom));
        reply = await session.StepAsync(6, Text[6..]);
        Session.AssertNear(_bare.LogProbabilities(Text)[^1], reply.Distributions[0]);
    }

    [Fact]
    public async Task The_continuation_is_the_experts_own_greedy_choice_and_leaves_no_trace()
    {
        var expected = _bare.Greedy(Text, 6);
        var session = new Session(_expert);
        var reply = await session.StepAsync(0, Text, continuation: 6);
        Assert.Equal(expected, reply.Continuation.ToArray());
        reply = await session.StepAsync(Text.Length, [90], scores: 1);
        var rows = _bare.LogProbabilities([.. Text, 90]);
        Session.AssertNear(rows[^1], reply.Distributions[0]);
        Assert.Equal(rows[^2][90], reply.Scores[0], Session.Noise);
    }

    [Fact]
    public async Task A_drawn_continuation_is_what_the_same_noise_draws_from_its_distributions()
    {
        const float Temperature = 0.8f;
        var session = new Session(_expert);
        var drafted = (await session.StepAsync(0, Text, continuation: 6, draws: (Temperature, 99))).Continuation.ToArray();
        Assert.Equal(6, drafted.Length);
        var plain = new Session(_expert);
        for (var i = 0; i < drafted.Length; i++)
        {
            var reply = await plain.StepAsync(i == 0 ? 0 : Text.Length + i - 1, i == 0 ? Text : [drafted[i - 1]]);
            var race = new TokenRace(99, Text.Length + i);
            for (var n = 0; n < reply.Distributions[0].Count; n++)
                race.Enter(reply.Distributions[0].Ids[n], Math.Exp(reply.Distributions[0].LogProbabilities[n] / Temperature));
            Assert.Equal(race.Winner, drafted[i]);
        }
        Assert.NotEqual(drafted, (await new Session(_expert).StepAsync(0, Text, continuation: 6, draws: (Temperature, 100))).Continuation.ToArray());
        Assert.Equal(_bare.Greedy(Text, 6), (await new Session(_expert).StepAsync(0, Text, continuation: 6, draws: (0.001f, 99))).Continuation.ToArray());
    }

    [Fact]
    public async Task A_session_that_fills_its_window_says_so_and_goes_on_before_it()
    {
        var length = _expert.Card.ContextLength;
        var session = new Session(_expert);
        int[] full = [.. Enumerable.Range(0, length).Select(i => i % 500)];
        Assert.Equal(StepStatus.Ok, (await session.StepAsync(0, full, continuation: 5)).Status);
        Assert.Single(session.Reply.Continuation.ToArray());
        Assert.Equal(StepStatus.ContextFull, (await session.StepAsync(length, [1])).Status);
        Assert.Equal(StepStatus.Ok, (await session.StepAsync(length - 1, [3])).Status);
    }

    [Theory]
    [InlineData(0, 4096, 0, 0, 0), InlineData(0, -1, 0, 0, 0), InlineData(0, int.MaxValue, 0, 0, 0), InlineData(-1, 5, 0, 0, 0)]
    [InlineData(0, 5, 1, 0, 0), InlineData(0, 5, -1, 0, 0), InlineData(0, 5, 0, 2, 0), InlineData(0, 5, 0, -1, 0), InlineData(0, 5, 0, 0, 17), InlineData(0, 5, 0, 0, -1)]
    public async Task A_step_that_makes_no_sense_is_refused(int position, int token, int drafts, int scores, int continuation) =>
        Assert.Equal(StepStatus.Refused, (await new Session(_expert).StepAsync(position, [token], drafts, scores, continuation)).Status);

    [Fact]
    public async Task A_position_near_the_end_of_numbers_overflows_nothing() =>
        Assert.NotEqual(StepStatus.Ok, (await new Session(_expert).StepAsync(int.MaxValue, [5])).Status);

    [Fact]
    public async Task Random_walks_of_a_session_answer_as_a_bare_loop_does()
    {
        var random = new Random(5);
        var session = new Session(_expert);
        var held = new List<int>();
        for (var n = 0; n < 60; n++)
        {
            var position = random.Next(3) == 0 ? random.Next(held.Count + 1) : held.Count;
            if (position > 100)
                position = random.Next(10);
            held.RemoveRange(position, held.Count - position);
            int[] tokens = [.. Enumerable.Range(0, random.Next(1, 9)).Select(_ => random.Next(4096))];
            held.AddRange(tokens);
            var drafts = random.Next(tokens.Length);
            var reply = await session.StepAsync(position, tokens, drafts, random.Next(tokens.Length + 1), random.Next(4));
            Assert.Equal(StepStatus.Ok, reply.Status);
            var rows = _bare.LogProbabilities([.. held]);
            for (var d = 0; d <= drafts; d++)
                Session.AssertNear(rows[held.Count - 1 - drafts + d], reply.Distributions[d]);
            for (var s = 0; s < reply.Scores.Length; s++)
                if (held.Count - reply.Scores.Length + s is var at and > 0)
                    Assert.Equal(rows[at - 1][held[at]], reply.Scores[s], Session.Noise);
        }
    }
}
