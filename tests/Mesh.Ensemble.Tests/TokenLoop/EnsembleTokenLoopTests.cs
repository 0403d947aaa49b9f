using Mesh.Contracts.Experts;
using Mesh.Ensemble.Experts;
using Mesh.Ensemble.Sampling;
using Mesh.Ensemble.TokenLoop;
using Mesh.Simulation.Experts;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Ensemble.Tests.TokenLoop;

public sealed class EnsembleTokenLoopTests
{
    private static readonly IReadOnlySet<int> NoEnd = new HashSet<int>();

    private static ToyExpert Expert(string name, int seed, int vocabulary = 40, int context = 4096) =>
        new(ExpertId.Parse(name), new(vocabulary, seed), context);

    private static EnsembleTokenLoop Loop(IExpertPool pool, EnsembleOptions? options = null) =>
        new(pool, options ?? new(), TimeProvider.System, NullLogger<EnsembleTokenLoop>.Instance);

    private static async Task<List<TokenEvent>> Run(ITokenLoop loop, GenerationRequest request, CancellationToken cancellationToken = default)
    {
        var events = new List<TokenEvent>();
        await foreach (var e in loop.RunAsync(request, cancellationToken))
            events.Add(e);
        return events;
    }

    [Fact]
    public async Task One_expert_alone_answers_as_it_would_by_itself()
    {
        var expert = Expert("a", 1);
        var events = await Run(Loop(SimulatedPool.Of(expert)), new() { Prompt = new[] { 3, 4, 5 }, EndTokens = NoEnd, MaxTokens = 50, Sampling = new() { Temperature = 0 } });
        var text = new List<int> { 3, 4, 5 };
        foreach (var e in events)
        {
            var row = expert.Model.LogProbabilities(text.ToArray());
            var best = Array.IndexOf(row, row.Max());
            Assert.Equal(best, e.Token);
            Assert.Equal(row[best], e.LogProbability, 1e-4f);
            text.Add(best);
        }
        Assert.Equal(50, events.Count);
        Assert.Equal(FinishReason.Length, events[^1].Finish);
        Assert.Equal(0, expert.Sessions);
    }

    [Fact]
    public async Task All_experts_are_mixed_and_freed_at_the_end()
    {
        ToyExpert[] experts = [Expert("a", 1), Expert("b", 2), Expert("c", 3)];
        var events = await Run(Loop(SimulatedPool.Of(experts)), new() { Prompt = new[] { 7 }, EndTokens = NoEnd, MaxTokens = 30, Trace = true, Sampling = new() { Seed = 5 } });
        Assert.All(events, e => Assert.Equal(3, e.Trace!.Votes.Count(v => v.Weight > 0)));
        Assert.All(experts, e => Assert.Equal(0, e.Sessions));
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_text()
    {
        var request = new GenerationRequest { Prompt = new[] { 7, 8 }, EndTokens = NoEnd, MaxTokens = 60, Sampling = new() { Seed = 42 } };
        var first = await Run(Loop(SimulatedPool.Of(Expert("a", 1), Expert("b", 2))), request);
        var second = await Run(Loop(SimulatedPool.Of(Expert("a", 1), Expert("b", 2))), request);
        Assert.Equal(first.Select(e => e.Token), second.Select(e => e.Token));
    }

    [Fact]
    public async Task An_end_token_stops_and_is_the_last_event()
    {
        var events = await Run(Loop(SimulatedPool.Of(Expert("a", 1))), new() { Prompt = new[] { 7 }, EndTokens = Enumerable.Range(0, 20).ToHashSet(), MaxTokens = 1000 });
        Assert.Equal(FinishReason.Stop, events[^1].Finish);
        Assert.True(events[^1].Token < 20);
        Assert.All(events.SkipLast(1), e => Assert.True(e.Token >= 20 && e.Finish == FinishReason.None));
    }

    [Fact]
    public async Task The_smallest_window_of_those_that_answer_binds()
    {
        var loop = Loop(SimulatedPool.Of(Expert("a", 1, context: 10), Expert("b", 2)));
        var fault = await Assert.ThrowsAsync<ContextLengthException>(() => Run(loop, new() { Prompt = new int[11], EndTokens = NoEnd }));
        Assert.Equal((11, 10), (fault.PromptTokens, fault.Limit));
        var events = await Run(loop, new() { Prompt = new int[6], EndTokens = NoEnd });
        Assert.Equal(5, events.Count);
        Assert.Equal(FinishReason.Length, events[^1].Finish);
        Assert.Equal(50, (await Run(loop, new() { Prompt = new int[11], EndTokens = NoEnd, Only = ExpertId.Parse("b"), MaxTokens = 50 })).Count);
    }

    [Fact]
    public async Task A_sliding_window_goes_on_past_the_context()
    {
        ToyExpert[] experts = [Expert("a", 1, context: 16), Expert("b", 2)];
        var loop = Loop(SimulatedPool.Of(experts), new() { SlideAnchor = 3 });
        var events = await Run(loop, new() { Prompt = new int[40], EndTokens = NoEnd, MaxTokens = 100, Trace = true });
        Assert.Equal(100, events.Count);
        Assert.All(events, e => Assert.Equal(2, e.Trace!.Votes.Count(v => v.Dropped is null)));
    }

    [Theory, InlineData(0), InlineData(6)]
    public async Task A_lost_cache_is_filled_again_within_the_token(int forgotten)
    {
        var expert = Expert("a", 1);
        var loop = Loop(SimulatedPool.Of(expert, Expert("b", 2)), new() { MinimumDeadline = TimeSpan.FromSeconds(5) });
        var count = 0;
        await foreach (var e in loop.RunAsync(new() { Prompt = new[] { 1, 2, 3, 4, 5, 6, 7, 8 }, EndTokens = NoEnd, MaxTokens = 40, Trace = true }))
        {
            if (++count % 7 == 0)
                expert.Forget(forgotten);
            Assert.All(e.Trace!.Votes, v => Assert.Null(v.Dropped));
        }
        Assert.Equal(40, count);
    }

    [Fact]
    public async Task Leaving_the_stream_frees_the_experts()
    {
        ToyExpert[] experts = [Expert("a", 1), Expert("b", 2)];
        await foreach (var _ in Loop(SimulatedPool.Of(experts)).RunAsync(new() { Prompt = new[] { 1 }, EndTokens = NoEnd, MaxTokens = 100 }))
            break;
        Assert.All(experts, e => Assert.Equal(0, e.Sessions));
        using var cancellation = new CancellationTokenSource();
        var steps = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in Loop(SimulatedPool.Of(experts)).RunAsync(new() { Prompt = new[] { 1 }, EndTokens = NoEnd, MaxTokens = 100 }, cancellation.Token))
            {
                await cancellation.CancelAsync();
                Assert.All(experts, e => Assert.Equal(0, e.Sessions));
                steps++;
            }
        });
        Assert.Equal(1, steps);
    }

    [Fact]
    public async Task Only_K_vote_once_the_prompt_has_shown_who_is_good()
    {
        var loop = Loop(SimulatedPool.Of(Enumerable.Range(0, 6).Select(i => Expert($"e{i}", i))), new() { K = 2, OverSelection = 1 });
        var events = await Run(loop, new() { Prompt = new[] { 1, 2, 3 }, EndTokens = NoEnd, MaxTokens = 40, Trace = true });
        Assert.Equal(6, events[0].Trace!.Votes.Count);
        Assert.All(events, e => Assert.Equal(2, e.Trace!.Votes.Count(v => v.Weight > 0)));
        Assert.All(events.Skip(1), e => Assert.InRange(e.Trace!.Votes.Count, 2, 3));
    }

    [Fact]
    public async Task The_likeliest_tokens_of_the_mixture_come_with_the_event()
    {
        var events = await Run(Loop(SimulatedPool.Of(Expert("a", 1))), new() { Prompt = new[] { 1 }, EndTokens = NoEnd, MaxTokens = 20, TopLogProbabilities = 5, Sampling = new() { Temperature = 0 } });
        Assert.All(events, e =>
        {
            Assert.Equal(5, e.Top!.Count);
            Assert.Equal(e.Token, e.Top[0].Token);
            Assert.Equal(e.Top.OrderByDescending(t => t.LogProbability), e.Top);
        });
    }

    [Fact]
    public async Task Nobody_there_is_said_after_the_grace()
    {
        var loop = Loop(new SimulatedPool(), new() { NoExpertGrace = TimeSpan.FromMilliseconds(20) });
        await Assert.ThrowsAsync<NoExpertException>(() => Run(loop, new() { Prompt = new[] { 1 }, EndTokens = NoEnd }));
    }

    [Fact]
    public void Requests_and_options_that_make_no_sense_are_refused_at_once()
    {
        var loop = Loop(SimulatedPool.Of(Expert("a", 1)));
        Assert.Throws<ArgumentException>(() => loop.RunAsync(new() { Prompt = default, EndTokens = NoEnd }));
        Assert.Throws<ArgumentException>(() => loop.RunAsync(new() { Prompt = new[] { 1 }, EndTokens = NoEnd, MaxTokens = 0 }));
        var fault = Assert.Throws<ArgumentException>(() => Loop(new SimulatedPool(), new() { K = 0, DeadlineFactor = 0.5, EvidenceDecay = 1 }));
        Assert.Contains("K is 0", fault.Message);
        Assert.Contains("DeadlineFactor is 0.5", fault.Message);
        Assert.Contains("EvidenceDecay is 1", fault.Message);
    }

    [Fact]
    public async Task A_draft_changes_nothing_but_the_number_of_rounds()
    {
        var request = new GenerationRequest { Prompt = new[] { 7, 8 }, EndTokens = NoEnd, MaxTokens = 200, Trace = true, Sampling = new() { Temperature = 0 } };
        ToyExpert[] plain = [Expert("a", 1), Expert("b", 2)], fast = [Expert("a", 1), Expert("b", 2)];
        var first = await Run(Loop(SimulatedPool.Of(plain)), request);
        var second = await Run(Loop(SimulatedPool.Of(fast), new() { Speculation = 6 }), request);
        Assert.Equal(first.Select(e => e.Token), second.Select(e => e.Token));
        Assert.Contains(second, e => e.Trace!.Mode == "speculative");
        Assert.True(fast[0].Steps < plain[0].Steps / 2, $"{fast[0].Steps} steps with drafts, {plain[0].Steps} without.");
        for (var i = 0; i < first.Count; i++)
            Assert.Equal(first[i].LogProbability, second[i].LogProbability, 1e-4f);
    }
}
