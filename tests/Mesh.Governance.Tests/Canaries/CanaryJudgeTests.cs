using Mesh.Governance.Canaries;

namespace Mesh.Governance.Tests.Canaries;

public sealed class CanaryJudgeTests
{
    private const int Sessions = 30;

    [Fact]
    public void Alike_passes_once_enough_was_measured()
    {
        Assert.Equal(Verdict.Wait, Judge(Arm(29), Arm(100)).Verdict);
        Assert.Equal(Verdict.Wait, Judge(Arm(100), Arm(29)).Verdict);
        Assert.Equal(Verdict.Pass, Judge(Arm(30), Arm(30)).Verdict);
    }

    /// <summary>Sessions alone are no answers: every gate would be without data.</summary>
    [Fact]
    public void A_side_that_answered_nothing_never_passes()
    {
        var silent = ArmReport.Empty with { Sessions = 1000 };
        Assert.Equal(Verdict.Wait, Judge(Arm(60), silent).Verdict);
        Assert.Equal(Verdict.Wait, Judge(silent, Arm(60)).Verdict);
        Assert.Equal(Verdict.Wait, Judge(Arm(60), silent with { Own = Spread(Sessions - 1, -1) }).Verdict);
        var last = CanaryJudge.Judge(new("p", Arm(60), silent), Sessions, isLast: true);
        Assert.Equal(Verdict.Fail, last.Verdict);
        Assert.StartsWith("The canary saw too little traffic", last.Reason);
    }

    [Fact]
    public void Too_little_traffic_in_its_time_fails() => Assert.StartsWith("The canary saw too little traffic", CanaryJudge.Judge(null, Sessions, isLast: true).Reason);

    [Theory]
    [InlineData("error rate", 20, 1.0, -1.0, -2.0)]
    [InlineData("p99 of a token", 0, 3.0, -1.0, -2.0)]
    [InlineData("log-probability of its own tokens", 0, 1.0, -1.4, -2.0)]
    [InlineData("log-probability of the prompts' tokens", 0, 1.0, -1.0, -2.4)]
    public void A_worse_candidate_fails_with_the_name_of_its_gate(string gate, int errors, double milliseconds, double own, double prompt)
    {
        var judgement = Judge(Arm(60), Arm(60, errors, milliseconds, own, prompt));
        Assert.Equal(Verdict.Fail, judgement.Verdict);
        Assert.StartsWith(gate, judgement.Reason);
    }

    [Theory]
    [InlineData(0, 1.05, -1.0, -2.0)]
    [InlineData(1, 1.0, -1.0, -2.0)]
    [InlineData(0, 0.2, -0.5, -1.0)]
    public void What_nobody_would_notice_and_what_is_better_passes(int errors, double milliseconds, double own, double prompt) =>
        Assert.Equal(Verdict.Pass, Judge(Arm(60), Arm(60, errors, milliseconds, own, prompt)).Verdict);

    /// <summary>Newcombe 1998, table II: 56/70 against 48/80 has 0.0524 to 0.3339 at 95 %; at 98 % it is wider.</summary>
    [Fact]
    public void The_interval_of_a_difference_of_rates()
    {
        Assert.InRange(CanaryJudge.Rise(48, 80, 56, 70), 0.02, 0.0524);
        Assert.True(CanaryJudge.Rise(0, 10, 0, 10) < 0);
    }

    /// <summary>One in a hundred equal candidates fails a gate by chance, by its level; four gates, and margins beside.</summary>
    [Fact]
    public void Equal_candidates_rarely_fail()
    {
        var random = new Random(7);
        var failed = Enumerable.Range(0, 1000).Count(_ => Judge(Noisy(random), Noisy(random)).Verdict == Verdict.Fail);
        Assert.InRange(failed, 0, 40);
    }

    /// <summary>A canary is judged whenever something came in, so equal candidates have many occasions to fail.</summary>
    [Fact]
    public void Equal_candidates_rarely_fail_though_they_are_looked_at_after_every_session()
    {
        var random = new Random(11);
        var failed = Enumerable.Range(0, 1000).Count(_ =>
        {
            var (control, candidate) = (ArmReport.Empty, ArmReport.Empty);
            for (var session = 0; session < Sessions; session++)
            {
                (control, candidate) = (With(control), With(candidate));
                if (Judge(control, candidate).Verdict == Verdict.Fail)
                    return true;
            }
            return false;
        });
        Assert.InRange(failed, 0, 60);

        // A few kinds of questions, each much like the others of its kind.
        ArmReport With(ArmReport arm) => arm with
        {
            Sessions = arm.Sessions + 1, Own = arm.Own.With(-1 - random.Next(3) * 0.5 + 0.01 * random.NextDouble()), Prompt = arm.Prompt.With(-0.8 - random.Next(3) * 0.6 + 0.01 * random.NextDouble()),
        };
    }

    /// <summary>One-sided 1 % of Student's t.</summary>
    [Theory, InlineData(5, 3.365), InlineData(10, 2.764), InlineData(30, 2.457), InlineData(1000, 2.330)]
    public void The_quantile_of_few_values_is_wider(double degrees, double expected) => Assert.Equal(expected, CanaryJudge.Student(degrees), 0.03);

    [Fact]
    public void Two_routers_add_up()
    {
        var both = new CanaryReport("p", Arm(20), Arm(10)) + new CanaryReport("p", Arm(10), Arm(20));
        Assert.Equal((30, 30), (both.Control.Sessions, both.Candidate.Sessions));
        Assert.Equal(-1, both.Control.Own.Mean, 9);
    }

    private static Judgement Judge(ArmReport control, ArmReport candidate) => CanaryJudge.Judge(new("p", control, candidate), Sessions, isLast: false);

    private static ArmReport Arm(int sessions, int errors = 0, double milliseconds = 1, double own = -1, double prompt = -2)
    {
        var latencies = new long[LatencyBuckets.Count];
        latencies[LatencyBuckets.Of(milliseconds)] = sessions * 20;
        return new(sessions, errors, latencies, Spread(sessions, own), Spread(sessions, prompt), default);
    }

    private static Moments Spread(int count, double mean) => Enumerable.Range(0, count).Aggregate(default(Moments), (m, i) => m.With(mean + (i % 2 == 0 ? 0.1 : -0.1)));

    private static ArmReport Noisy(Random random)
    {
        var arm = Arm(60, Enumerable.Range(0, 60).Count(_ => random.NextDouble() < 0.05));
        return arm with { Own = Enumerable.Range(0, 60).Aggregate(default(Moments), (m, _) => m.With(-1 + random.NextDouble())) };
    }
}
