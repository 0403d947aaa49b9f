using System.Diagnostics.Metrics;
using Mesh.Contracts.Experts;
using Mesh.Ensemble.Experts;
using Mesh.Ensemble.TokenLoop;
using Mesh.Simulation.Experts;
using Mesh.Simulation.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Ensemble.Tests.TokenLoop;

/// <summary>Who is waited for, how long, and what becomes of those that do not come, in virtual time.</summary>
public sealed class DeadlineTests : DelayedExperts
{
    [Fact]
    public void A_late_expert_is_left_out_of_the_token_and_votes_again_when_it_is_back()
    {
        Add("a", Always(20));
        Add("b", step => TimeSpan.FromMilliseconds(step == 5 ? 500 : 20));
        Run(new() { NegligibleWeight = 1 }, tokens: 60);
        var drops = DropsOf("b").ToList();
        Assert.Equal(drops.Count(d => d == "late"), drops.Count(d => d is not null));
        Assert.InRange(drops.Count(d => d == "late"), 1, 25);
        Assert.Equal("late", drops[5]);
        Assert.All(_events, e => Assert.Equal(1, e.Event.Trace!.Votes.Sum(v => v.Weight), 1e-4));
        Assert.Null(drops[^1]);
    }

    [Fact]
    public void One_late_answer_delays_the_stream_by_its_deadline_and_no_more()
    {
        Add("a", Always(20));
        Add("b", step => step == 5 ? null : TimeSpan.FromMilliseconds(20));
        Run(new() { MinimumDeadline = TimeSpan.FromMilliseconds(100), DeadlineFactor = 2, NegligibleWeight = 1 });
        var gaps = _events.Zip(_events.Skip(1), (x, y) => (y.At - x.At).TotalMilliseconds).ToList();
        Assert.All(gaps.Where((_, i) => i != 4), gap => Assert.InRange(gap, 19, 22));
        Assert.InRange(gaps[4], 99, 102);
    }

    [Fact]
    public void The_prompt_may_take_longer_than_a_token()
    {
        Add("a", step => TimeSpan.FromMilliseconds(step == 0 ? 700 : 20));
        Add("b", Always(15));
        Run(new() { MinimumDeadline = TimeSpan.FromMilliseconds(800) });
        Assert.All(DropsOf("a"), Assert.Null);
    }

    [Fact]
    public void With_over_selection_the_first_K_answers_count()
    {
        Add("a", Always(20));
        Add("b", Always(21));
        Add("c", step => TimeSpan.FromMilliseconds(step == 0 ? 20 : 90));
        Run(new() { K = 2, OverSelection = 1, Gate = GateKind.Uniform });
        Assert.All(_events.Zip(_events.Skip(1), (x, y) => (y.At - x.At).TotalMilliseconds), gap => Assert.InRange(gap, 20, 22));
    }

    [Fact]
    public void An_expert_that_never_answers_counts_as_lost_after_the_timeout()
    {
        var a = Add("a", step => step == 3 ? null : TimeSpan.FromMilliseconds(20));
        Run(new() { TokenTimeout = TimeSpan.FromSeconds(3) });
        Assert.Equal(20, _events.Count);
        Assert.InRange(_events[^1].At.TotalSeconds, 3.3, 3.6);
        Assert.Equal(0, a.Working);
    }

    [Fact]
    public void The_next_token_is_asked_for_before_the_reader_has_handled_this_one_and_no_further()
    {
        var a = Add("a", Always(20));
        var asked = new List<int>();
        Run(new(), tokens: 10, reading: async _ =>
        {
            await Task.Delay(TimeSpan.FromSeconds(1), _time);
            asked.Add(a.Asked);
        });
        // While token n is handled, its successor has been computed: n + 1 steps. The last needs none.
        Assert.Equal([2, 3, 4, 5, 6, 7, 8, 9, 10, 10], asked);
    }

    [Fact]
    public void A_reader_that_leaves_ends_the_step_under_way()
    {
        var a = Add("a", Always(20));
        _time.Run(async () =>
        {
            var loop = new EnsembleTokenLoop(_pool, new(), _time, NullLogger<EnsembleTokenLoop>.Instance);
            await foreach (var _ in loop.RunAsync(new() { Prompt = new[] { 1 }, EndTokens = new HashSet<int>() }))
            {
                Assert.Equal(1, a.Working);
                break;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(1), _time);
            Assert.Equal(0, a.Working);
            Assert.Equal(0, a.Inner.Sessions);
        });
    }

    [Fact]
    public void Experts_that_were_not_chosen_are_asked_now_and_then_and_not_waited_for()
    {
        Add("a", Always(20));
        var b = Add("b", step => TimeSpan.FromMilliseconds(step == 0 ? 20 : 90));
        var c = Add("c", step => TimeSpan.FromMilliseconds(step == 0 ? 20 : 90));
        Run(new() { K = 1, RefreshInterval = 5, Hysteresis = 1000 }, tokens: 41);
        Assert.InRange(b.Asked + c.Asked, 8, 11);
        Assert.All(_events.Zip(_events.Skip(1), (x, y) => (y.At - x.At).TotalMilliseconds), gap => Assert.InRange(gap, 19, 21));
    }

    [Fact]
    public void An_expert_that_joins_later_catches_up_and_votes()
    {
        Add("a", Always(20));
        Run(new(), tokens: 60, reading: count =>
        {
            if (count == 40)
                Add("b", Always(30));
            return Task.CompletedTask;
        });
        Assert.Equal("not asked", DropsOf("b").ElementAt(40));
        Assert.Null(DropsOf("b").Last());
    }

    [Fact]
    public void Bad_answers_are_dropped_and_counted_by_reason()
    {
        var reasons = new List<string>();
        using var listener = new MeterListener { InstrumentPublished = (i, l) => { if (i.Meter.Name == EnsembleMetrics.MeterName && i.Name == "mesh.drops") l.EnableMeasurementEvents(i); } };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            var (expert, reason) = ("", "");
            foreach (var tag in tags)
                (expert, reason) = tag.Key == "expert" ? ((string)tag.Value!, reason) : (expert, (string)tag.Value!);
            if (expert == "bad-metrics")
                reasons.Add(reason);
        });
        listener.Start();
        Add("a", Always(20));
        var bad = Add("bad-metrics", Always(20));
        bad.Answering = (request, reply) => Garbage.Spoil(request, reply, 30, kind: 0);
        Run(new(), tokens: 200);
        Assert.True(reasons.Count > 3);
        Assert.All(reasons, r => Assert.Equal("not-finite", r));
        Assert.All(_events, e => Assert.Equal(1, e.Event.Trace!.Votes.Single(v => v.Expert.Value == "a").Weight));
    }

    [Fact]
    public void The_expert_that_predicts_the_text_gets_the_weight()
    {
        var good = Add("a", Always(20));
        Add("b", Always(20));
        var prompt = new List<int> { 1 };
        for (var i = 0; i < 40; i++)
        {
            var row = good.Inner.Model.LogProbabilities(prompt.ToArray());
            prompt.Add(Array.IndexOf(row, row.Max()));
        }
        _time.Run(async () =>
        {
            var loop = new EnsembleTokenLoop(_pool, new(), _time, NullLogger<EnsembleTokenLoop>.Instance);
            await foreach (var e in loop.RunAsync(new() { Prompt = prompt.ToArray(), EndTokens = new HashSet<int>(), MaxTokens = 1, Trace = true }))
                Assert.True(e.Trace!.Votes.Single(v => v.Expert == good.Expert).Weight > 0.95);
        });
    }
}
