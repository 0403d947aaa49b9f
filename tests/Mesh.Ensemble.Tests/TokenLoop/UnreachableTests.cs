using System.Diagnostics.Metrics;
using Mesh.Contracts.Experts;
using Mesh.Ensemble.Experts;
using Mesh.Ensemble.TokenLoop;
using Mesh.Simulation.Experts;
using Mesh.Simulation.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Ensemble.Tests.TokenLoop;

/// <summary>Experts that die, are cut off and come back, in virtual time.</summary>
public sealed class UnreachableTests : DelayedExperts
{
    [Fact]
    public void The_stream_goes_on_without_an_expert_that_has_died_and_with_it_again_when_it_is_back()
    {
        Add("a", Always(20));
        var b = Add("b", Always(20));
        Run(new(), tokens: 60, reading: count =>
        {
            if (count == 10)
                b.Failure = new ExpertUnreachableException(b.Expert, "killed");
            if (count == 20)
            {
                b.Inner.Restart();
                b.Failure = null;
            }
            return Task.CompletedTask;
        });
        var drops = DropsOf("b").ToList();
        Assert.All(drops[..10], Assert.Null);
        Assert.Contains("unreachable", drops[10..22]);
        Assert.Null(drops[^1]);
        Assert.Equal(60, _events.Count);
    }

    [Fact]
    public void When_all_have_died_the_stream_waits_and_goes_on()
    {
        var a = Add("a", Always(20));
        Run(new() { NoExpertGrace = TimeSpan.FromSeconds(20) }, tokens: 30, reading: async count =>
        {
            if (count != 10)
                return;
            _pool.Peers = [];
            a.Failure = new ExpertUnreachableException(a.Expert, "killed");
            a.Inner.Restart();
            _ = BackAsync();
            await Task.CompletedTask;

            async Task BackAsync()
            {
                await Task.Delay(TimeSpan.FromSeconds(15), _time);
                a.Failure = null;
                _pool.Peers = [new(a.Inner.Card, a)];
            }
        });
        Assert.Equal(30, _events.Count);
        Assert.InRange(_events[^1].At.TotalSeconds, 15, 16.5);
    }

    [Fact]
    public void When_none_comes_back_the_stream_ends_with_the_reason_after_the_grace()
    {
        var a = Add("a", Always(20));
        Assert.Throws<NoExpertException>(() => Run(new() { NoExpertGrace = TimeSpan.FromSeconds(5) }, reading: count =>
        {
            a.Failure = count == 5 ? new ExpertUnreachableException(a.Expert, "killed") : null;
            return Task.CompletedTask;
        }));
        Assert.InRange(_events.Count, 5, 6);
    }

    /// <summary>Each question to one that is cut off takes seconds to fail, so that one of them is always under way: none of them is there all the same.</summary>
    [Fact]
    public void Asking_again_and_again_does_not_make_an_unreachable_expert_one_that_is_left()
    {
        foreach (var (name, milliseconds) in new[] { ("a", 2000), ("b", 2700), ("c", 3100) })
            Add(name, Always(milliseconds)).Failure = new ExpertUnreachableException(ExpertId.Parse(name), "cut off");
        Assert.Throws<NoExpertException>(() => Run(new() { NoExpertGrace = TimeSpan.FromSeconds(5) }));
        // None is left after 3.1 s; the last attempt within the grace takes up to 3.1 s more.
        Assert.InRange(_time.Elapsed.TotalSeconds, 8.1, 11.3);
    }

    [Theory, InlineData(5), InlineData(15)]
    public void An_expert_that_came_back_is_awaited_however_long_it_reads(int seconds)
    {
        var reads = false;
        var a = Add("a", _ => TimeSpan.FromSeconds(reads ? 60 : 0.02));
        Run(new() { NoExpertGrace = TimeSpan.FromSeconds(20) }, tokens: 8, reading: count =>
        {
            if (count == 5)
                _ = RestartAsync();
            reads = false;
            return Task.CompletedTask;
        });
        Assert.Equal(8, _events.Count);
        Assert.InRange(_events[^1].At.TotalSeconds, 60 + seconds, 125 + seconds);

        async Task RestartAsync()
        {
            a.Failure = new ExpertUnreachableException(a.Expert, "restarted");
            await Task.Delay(TimeSpan.FromSeconds(seconds), _time);
            (a.Failure, reads) = (null, true);
        }
    }

    /// <summary>The first choice is cut off, and an attempt to reach it takes longer than the grace.</summary>
    [Fact]
    public void While_only_unreachable_experts_are_asked_the_others_are_asked_as_well()
    {
        var isCutOff = false;
        var a = Add("a", _ => TimeSpan.FromSeconds(isCutOff ? 5 : 0.02));
        var b = Add("b", Always(20));
        Run(FirstChoice with { NoExpertGrace = TimeSpan.FromSeconds(3) }, reading: count =>
        {
            if (count == 5)
                (isCutOff, a.Failure) = (true, new ExpertUnreachableException(a.Expert, "cut off"));
            return Task.CompletedTask;
        });
        Assert.Equal(20, _events.Count);
        Assert.Equal(7, a.Asked);
        Assert.All(DropsOf("b").Skip(7), Assert.Null);
    }

    /// <summary>The step of the old connection fails when the expert has come back on a new one already.</summary>
    [Fact]
    public void That_an_old_connection_failed_is_no_doubt_about_the_new_one()
    {
        var isCutOff = false;
        var old = Add("a", _ => TimeSpan.FromSeconds(isCutOff ? 2 : 0.02));
        var b = Add("b", Always(20));
        var again = new DelayedExpert(new(old.Expert, old.Inner.Model), _time, Always(1000));
        var askedMeanwhile = new List<int>();
        again.Answering = (_, _) => askedMeanwhile.Add(b.Asked);
        Run(FirstChoice, reading: async count =>
        {
            if (count != 5)
                return;
            isCutOff = true;
            _ = BackAsync();
            await Task.CompletedTask;

            async Task BackAsync()
            {
                await Task.Delay(TimeSpan.FromSeconds(1), _time);
                old.Failure = new ExpertUnreachableException(old.Expert, "cut off");
                _pool.Peers = [new(again.Inner.Card, again), .. _pool.Peers.Where(p => p.Id == b.Expert)];
            }
        });
        Assert.Equal(20, _events.Count);
        Assert.True(askedMeanwhile.Count > 5);
        Assert.Single(askedMeanwhile.Distinct());
        Assert.Equal("not asked", DropsOf("b").Last());
    }
}
