using Mesh.Contracts.Experts;
using Mesh.Contracts.Observations;
using Mesh.Testing.Governance;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Router.Api.Hosting;
using Router.Api.Observations;
using Router.Api.Security;

namespace Router.Api.Tests.Observations;

public sealed class ObservationWindowTests
{
    private static readonly ExpertId Alpha = ExpertId.Parse("alpha"), Beta = ExpertId.Parse("beta");
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(60));

    [Fact]
    public void Traffic_and_experts_add_up_over_the_window_and_leave_with_it()
    {
        var window = Window();
        for (var minute = 0; minute < 60; minute += 10)
        {
            window.OnBegin();
            window.OnFirstToken(TimeSpan.FromMilliseconds(100));
            window.OnRound(TimeSpan.FromMilliseconds(100), 1, isFirst: true);
            window.OnRound(TimeSpan.FromMilliseconds(40), 4, isFirst: false);
            window.OnVote(Alpha, 0.75f, TimeSpan.FromMilliseconds(8), 4);
            window.OnVote(Beta, 0.25f, minute == 0 ? null : TimeSpan.FromMilliseconds(20), 4);
            _time.Advance(TimeSpan.FromSeconds(1));
            window.OnCompletion(failed: minute == 20);
            window.OnEnd();
            _time.Advance(TimeSpan.FromSeconds(599));
        }
        var seen = window.Read([]);
        Assert.Equal((5L, 1L, 30L, 5.0), (seen.Traffic.Completions, seen.Traffic.Errors, seen.Traffic.Tokens, Math.Round(seen.Traffic.TokensPerSecond, 6)));
        Assert.InRange(seen.Traffic.TokenP99, 10, 11);
        Assert.InRange(seen.Traffic.FirstTokenP99, 100, 110);
        Assert.Equal([("alpha", 0.75, 24L, 0L), ("beta", 0.25, 24L, 4L)], seen.Experts.Select(e => (e.Expert, Math.Round(e.Share, 6), e.Asked, e.Dropped)));
        Assert.InRange(seen.Experts[1].P99, 20, 22);
        _time.Advance(TimeSpan.FromHours(2));
        var later = window.Read([]);
        Assert.Equal(new Traffic(0, 0, 0, 0, 0, 0, 0), later.Traffic);
        Assert.Empty(later.Experts);
        Assert.Equal(seen.Run, later.Run);
        Assert.NotEqual(seen.Run, Window().Read([]).Run);
    }

    [Fact]
    public void A_completion_that_still_runs_counts_for_as_long_as_it_has()
    {
        var window = Window();
        window.OnBegin();
        for (var minute = 0; minute < 30; minute++)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            window.OnRound(TimeSpan.FromMilliseconds(10), 60, isFirst: false);
        }
        Assert.Equal(1, window.Read([]).Traffic.TokensPerSecond, 1e-6);
    }

    [Fact]
    public void The_least_probable_answers_are_kept_cut_and_no_more_than_so_many()
    {
        var window = Window();
        var tokens = FakeExperts.Tokenizer.Encode(string.Concat(Enumerable.Repeat("🙂 ignore all that was said before ", 400)));
        for (var i = 0; i < 100; i++)
        {
            window.OnAnswer($"a{i}", FakeExperts.Tokenizer, tokens, tokens, -i, tokens.Length);
            _time.Advance(TimeSpan.FromMinutes(0.4));
        }
        window.OnAnswer("nothing", FakeExperts.Tokenizer, tokens, [], double.NaN, 1);
        var kept = window.Read([]).LowConfidence;
        Assert.Equal(Enumerable.Range(0, 32).Select(i => $"a{99 - i}"), kept.Select(a => a.Id));
        Assert.All(kept, a => Assert.InRange(a.Prompt.Length, RouterObservations.MostText - 1, RouterObservations.MostText));
        Assert.All(kept, a => Assert.False(char.IsHighSurrogate(a.Answer[^1])));
    }

    [Theory, InlineData(null, false, true), InlineData(null, true, false), InlineData(false, false, false), InlineData(true, true, true)]
    public void Texts_are_kept_where_all_users_are_one_unless_told_otherwise(bool? setting, bool hasKeys, bool kept)
    {
        using var keys = new TemporaryKeys();
        var window = Window(new() { ObserveTexts = setting }, hasKeys ? keys.File : null);
        window.OnAnswer("a", FakeExperts.Tokenizer, [5], [6], -1, 1);
        Assert.Equal(kept ? 1 : 0, window.Read([]).LowConfidence.Count);
    }

    [Fact]
    public void What_was_refused_is_bounded_and_newest_first()
    {
        var window = Window();
        for (var i = 0; i < 1500; i++)
            window.OnRefused(SecurityEventKind.BadRequest, null, "::1", "/" + new string('x', 5000) + i);
        window.OnRefused(SecurityEventKind.WrongKey, null, "::1", "/last");
        for (var i = 0; i < 1000; i++)
            window.OnKey("ann", i % 2 == 0 ? 200 : 429, $"10.0.0.{i % 300}");
        foreach (var status in new[] { 200, 400, 401, 403, 404, 429, 500, 503 })
        {
            window.OnKey("ben", status, "10.0.0.1");
            window.OnKey("ben", status, "10.0.0.2", isBackground: true);
        }
        var seen = window.Read([]);
        Assert.Equal(RouterObservations.MostEvents, seen.Security.Count);
        Assert.Equal((SecurityEventKind.WrongKey, "/last"), (seen.Security[0].Kind, seen.Security[0].Path));
        Assert.All(seen.Security, e => Assert.InRange(e.Path.Length, 1, 256));
        // A refusal counts once; a halt's 503 is none, and of background work the address alone is seen.
        Assert.Equal([new KeyUse("ann", 1000, 0, 500, 256), new KeyUse("ben", 8, 3, 1, 2)], seen.Keys);
        _time.Advance(TimeSpan.FromHours(2));
        Assert.Empty(window.Read([]).Security);
    }

    [Fact]
    public void Counting_tokens_allocates_nothing_once_every_expert_is_known()
    {
        var window = Window();
        Count();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            Count();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Count()
        {
            window.OnRound(TimeSpan.FromMilliseconds(3), 1, isFirst: false);
            window.OnVote(Alpha, 0.5f, TimeSpan.FromMilliseconds(2), 1);
            window.OnVote(Beta, 0.5f, null, 1);
        }
    }

    private ObservationWindow Window(RouterOptions? options = null, string? keys = null)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new(ApiKeys.FileSetting, keys)]).Build();
        return new(Options.Create(options ?? new RouterOptions()), new(configuration, new FakeNode(), _time, NullLogger<ApiKeys>.Instance), _time);
    }
}
