using System.Collections.Concurrent;
using System.Globalization;

namespace Mesh.Ensemble.Tests.TokenLoop;

public sealed class TokenLoopSimulationTests
{
    /// <summary>More with MESH_TEST_SCHEDULES.</summary>
    private static readonly int Schedules = int.TryParse(Environment.GetEnvironmentVariable("MESH_TEST_SCHEDULES"), CultureInfo.InvariantCulture, out var n) ? n : 10_000;

    [Fact]
    public void No_schedule_sticks_repeats_a_token_or_mixes_what_it_must_not()
    {
        var outcomes = new ConcurrentDictionary<string, int>();
        var failures = new ConcurrentQueue<string>();
        var (tokens, dropped, speculated) = (0, 0, 0);
        Parallel.For(0, Schedules, new() { MaxDegreeOfParallelism = 2 }, (seed, state) =>
        {
            var simulation = new TokenLoopSimulation(seed);
            try
            {
                simulation.Run();
            }
            catch (Exception fault)
            {
                failures.Enqueue($"Seed {seed}: {fault}");
                if (failures.Count >= 5)
                    state.Stop();
            }
            outcomes.AddOrUpdate(simulation.Outcome, 1, (_, count) => count + 1);
            Interlocked.Add(ref tokens, simulation.Tokens);
            Interlocked.Add(ref dropped, simulation.Dropped);
            Interlocked.Add(ref speculated, simulation.Speculated);
        });
        Assert.True(failures.IsEmpty, string.Join(Environment.NewLine, failures));
        // The schedules are worth something only if all of this happens in them.
        Assert.All(new[] { "finished", "left", "cancelled", "no-expert" }, outcome => Assert.True(outcomes.GetValueOrDefault(outcome) > Schedules / 500, outcome));
        Assert.True(dropped > Schedules && speculated > Schedules && tokens > 5 * Schedules, $"{tokens} tokens, {dropped} drops, {speculated} speculated");
    }

    [Fact]
    public void A_schedule_is_the_same_every_time()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var (first, second) = (new TokenLoopSimulation(seed), new TokenLoopSimulation(seed));
            first.Run();
            second.Run();
            Assert.Equal((first.Outcome, first.Tokens, first.Dropped), (second.Outcome, second.Tokens, second.Dropped));
        }
    }
}
