using System.Collections.Concurrent;
using System.Diagnostics;
using Mesh.Contracts.Experts;
using Mesh.Ensemble.Experts;
using Mesh.Ensemble.TokenLoop;
using Mesh.Ensemble.Tracing;
using Mesh.Simulation.Experts;
using Mesh.Simulation.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Ensemble.Tests.Tracing;

/// <summary>What a collector gets of a completion: its own span, one for each expert, drops and lateness as events, some of the tokens.</summary>
public sealed class GenerationSpanTests : IDisposable
{
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ActivityListener _listener;
    private readonly ActivityTraceId _trace = ActivityTraceId.CreateRandom();
    private readonly VirtualTime _time = new(1);
    private readonly SimulatedPool _pool = new();

    public GenerationSpanTests()
    {
        _listener = new()
        {
            // Other tests run beside these: only what lies under the trace of this one is recorded.
            ShouldListenTo = source => source.Name == GenerationSpan.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> options) => options.TraceId == _trace ? ActivitySamplingResult.AllData : ActivitySamplingResult.None,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public void A_generation_has_a_span_and_each_of_its_experts_has_one_under_it()
    {
        Add("a", _ => 20);
        Add("b", _ => 30);
        Run(new(), tokens: 40);
        var generation = Assert.Single(_ended, a => a.OperationName == "generate");
        Assert.Equal(40, generation.GetTagItem("mesh.tokens"));
        Assert.Equal(3, generation.GetTagItem("mesh.prompt_tokens"));
        Assert.Equal("length", generation.GetTagItem("mesh.finish"));
        var experts = _ended.Where(a => a.ParentSpanId == generation.SpanId).ToDictionary(a => (string)a.GetTagItem("mesh.expert")!);
        Assert.Equal(["a", "b"], experts.Keys.Order());
        Assert.Equal(40, experts["a"].GetTagItem("mesh.votes"));
        Assert.Equal(1, (double)experts["a"].GetTagItem("mesh.weight.mean")! + (double)experts["b"].GetTagItem("mesh.weight.mean")!, 0.001);
        Assert.InRange((double)experts["b"].GetTagItem("mesh.step_ms.mean")!, 29, 33);
        Assert.All(experts.Values, e => Assert.Empty(e.Events));
    }

    [Fact]
    public void Tokens_are_sampled_and_neither_text_nor_ids_are_told()
    {
        Add("a", _ => 1);
        Run(new(), tokens: 3000);
        var generation = _ended.Single(a => a.OperationName == "generate");
        var tokens = generation.Events.Where(e => e.Name == "token").ToList();
        Assert.InRange(tokens.Count, 50, 128);
        Assert.Equal(4, tokens[0].Tags.Single(t => t.Key == "mesh.position").Value);
        Assert.Equal("a 1.00", tokens[0].Tags.Single(t => t.Key == "mesh.voters").Value);
        Assert.All(tokens, t => Assert.DoesNotContain(t.Tags, tag => tag.Key.Contains("token_id") || tag.Key.Contains("text")));
    }

    [Fact]
    public void A_late_expert_shows_when_and_how_late()
    {
        Add("a", _ => 20);
        Add("b", step => step == 5 ? 500 : 20);
        Run(new(), tokens: 40);
        var late = _ended.Single(a => (string?)a.GetTagItem("mesh.expert") == "b");
        var events = late.Events.Where(e => e.Name == "late").ToList();
        Assert.NotEmpty(events);
        Assert.Equal(events.Count, late.GetTagItem("mesh.late"));
        Assert.Equal(0, late.GetTagItem("mesh.drops"));
        Assert.Equal(0, _ended.Single(a => (string?)a.GetTagItem("mesh.expert") == "a").GetTagItem("mesh.late"));
    }

    [Fact]
    public void Dropped_answers_show_their_reason_and_an_expert_that_never_answered_is_an_error()
    {
        Add("a", _ => 20);
        Add("b", _ => 20).Answering = (request, reply) => Garbage.Spoil(request, reply, 30, kind: 0);
        Run(new(), tokens: 60);
        var bad = _ended.Single(a => (string?)a.GetTagItem("mesh.expert") == "b");
        Assert.Equal("not-finite", bad.Events.First(e => e.Name == "drop").Tags.Single(t => t.Key == "mesh.reason").Value);
        Assert.Equal(0, bad.GetTagItem("mesh.votes"));
        Assert.True((int)bad.GetTagItem("mesh.drops")! > 0);
        Assert.InRange(bad.Events.Count(), 1, 128);
    }

    [Fact]
    public void A_generation_that_nobody_answers_ends_in_error()
    {
        var failure = Assert.Throws<NoExpertException>(() => Run(new() { NoExpertGrace = TimeSpan.FromSeconds(1) }, tokens: 5));
        var generation = _ended.Single(a => a.OperationName == "generate");
        Assert.Equal((ActivityStatusCode.Error, failure.Message), (generation.Status, generation.StatusDescription));
        Assert.Equal("given up", generation.GetTagItem("mesh.finish"));
    }

    private DelayedExpert Add(string name, Func<int, int> milliseconds)
    {
        var expert = new DelayedExpert(new(ExpertId.Parse(name), new(30, name[0])), _time, step => TimeSpan.FromMilliseconds(milliseconds(step)));
        _pool.Peers = _pool.Peers.Add(new(expert.Inner.Card, expert));
        return expert;
    }

    private void Run(EnsembleOptions options, int tokens) => _time.Run(async () =>
    {
        using var request = new Activity("request").SetParentId(_trace, ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded).Start();
        var loop = new EnsembleTokenLoop(_pool, options, _time, NullLogger<EnsembleTokenLoop>.Instance);
        await foreach (var _ in loop.RunAsync(new() { Prompt = new[] { 1, 2, 3 }, EndTokens = new HashSet<int>(), MaxTokens = tokens, Sampling = new() { Seed = 1 } }))
            Assert.Same(request, Activity.Current);
    });
}
