using Mesh.Contracts.Steps;

namespace Mesh.Contracts.Tests.Steps;

public sealed class TokenRaceTests
{
    private static int Run(ulong key, int position, params (int Token, double Weight)[] entries)
    {
        var race = new TokenRace(key, position);
        foreach (var (token, weight) in entries)
            race.Enter(token, weight);
        return race.Winner;
    }

    [Fact]
    public void Nobody_wins_a_race_without_weight_and_a_weight_of_zero_never_does()
    {
        Assert.Equal(-1, Run(1, 0));
        Assert.Equal(-1, Run(1, 0, (3, 0)));
        for (var position = 0; position < 1000; position++)
            Assert.Equal(5, Run(1, position, (3, 0), (5, 1e-300), (7, 0)));
    }

    [Fact]
    public void The_order_of_entry_and_the_scale_of_the_weights_do_not_matter()
    {
        for (var position = 0; position < 1000; position++)
        {
            var winner = Run(9, position, (1, 0.5), (2, 0.3), (70_000, 0.2));
            Assert.Equal(winner, Run(9, position, (70_000, 2), (1, 5), (2, 3)));
        }
    }

    [Fact]
    public void Each_wins_with_its_share_over_positions_and_over_keys_and_neighbours_are_independent()
    {
        var (overPositions, overKeys, repeated) = (new int[3], new int[3], 0);
        const int Races = 100_000;
        for (var n = 0; n < Races; n++)
        {
            var winner = Run(42, n, (0, 6), (1, 3), (2, 1));
            overPositions[winner]++;
            overKeys[Run((ulong)n, 17, (0, 6), (1, 3), (2, 1))]++;
            repeated += winner == Run(42, n + 1, (0, 6), (1, 3), (2, 1)) ? 1 : 0;
        }
        // Five standard deviations are below 0.008.
        foreach (var counts in new[] { overPositions, overKeys })
            foreach (var (count, share) in counts.Zip([0.6, 0.3, 0.1]))
                Assert.Equal(share, count / (double)Races, 0.008);
        Assert.Equal(0.36 + 0.09 + 0.01, repeated / (double)Races, 0.008);
    }

    [Fact]
    public void The_winner_is_part_of_the_wire_format()
    {
        // Router and experts may be of different builds: these never change.
        (int, double)[] entries = [.. Enumerable.Range(0, 1000).Select(t => (t * 128, 1.0 / (1 + t)))];
        Assert.Equal([7296, 0, 126080, 20736, 384, 32896], Enumerable.Range(0, 6).Select(p => Run(0x1234_5678_9abc_def0, p, entries)));
    }
}
