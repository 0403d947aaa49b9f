using Mesh.Contracts.Experts;
using Mesh.Simulation.Priors;
using Mesh.Simulation.Time;

namespace Mesh.Simulation.Tests.Priors;

public sealed class PriorTallyTests
{
    private static readonly ExpertId Changing = ExpertId.Parse("e1");
    private readonly VirtualTime _time = new(1);
    private readonly PriorTally _tally;

    public PriorTallyTests()
    {
        var now = _time.GetTimestamp();
        _tally = new(_time, now, now + Seconds(2), now + Seconds(4), Changing, ExpertChange.Improves);
    }

    private static long Seconds(int seconds) => seconds * TimeSpan.TicksPerSecond;

    /// <summary>One token a second; the changed expert has weight from one of them on.</summary>
    private async Task ReadAsync(int tokens, int weightFrom)
    {
        var session = _tally.Begin(isConcerned: true);
        for (var i = 1; i <= tokens; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(900), _time);
            session.OnRound(default, 1);
            session.OnVote(Changing, i >= weightFrom ? 1 : 0, null, 1);
            session.OnToken(0.5f);
        }
        session.End();
    }

    [Fact]
    public void A_run_that_nobody_came_to_has_nothing_to_show()
    {
        _tally.OnBusy([0, 0]);
        var result = _tally.Result;
        Assert.All(new[] { result.P50, result.P99, result.Jain, result.Nats, result.NatsAfter, result.TokensUntil }, x => Assert.True(double.IsNaN(x)));
        Assert.Equal(0, result.TokensPerSecond);
    }

    [Theory]
    [InlineData(4, 4, 2)]      // the second token after the change
    [InlineData(4, 9, 2)]      // never, and it ended in time
    public void Tokens_are_counted_until_it_has_its_weight(int tokens, int weightFrom, double expected) => _time.Run(async () =>
    {
        await ReadAsync(tokens, weightFrom);
        Assert.Equal(expected, _tally.Result.TokensUntil);
        Assert.Equal(0.5, _tally.Result.NatsAfter);
    });

    [Fact]
    public void What_the_end_of_the_run_cuts_short_is_not_found() => _time.Run(async () =>
    {
        await ReadAsync(tokens: 6, weightFrom: 6);
        Assert.True(double.IsNaN(_tally.Result.TokensUntil));
    });

    /// <summary>Sessions come so seldom that in some of these runs none does.</summary>
    [Fact]
    public void The_shortest_idle_runs_end_well()
    {
        var idle = PriorScenario.Load.Single(s => s.Name == "idle");
        var results = Enumerable.Range(1, 10).Select(seed => PriorSimulation.Run(idle, PriorMechanism.ForLoad[0], seed, TimeSpan.FromSeconds(10))).ToArray();
        Assert.Contains(results, r => r.TokensPerSecond == 0);
        Assert.Contains(results, r => r.TokensPerSecond > 0);
    }
}
