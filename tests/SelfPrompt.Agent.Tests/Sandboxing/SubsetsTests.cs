using SelfPrompt.Agent.Sandboxing;

namespace SelfPrompt.Agent.Tests.Sandboxing;

public sealed class SubsetsTests
{
    [Fact]
    public void Subsets_share_no_expert_leave_none_out_and_are_balanced()
    {
        var random = new Random(7);
        for (var round = 0; round < 2000; round++)
        {
            var experts = Enumerable.Range(0, random.Next(1, 20)).Select(i => ($"e{i}", 1 + 100 * random.NextDouble())).ToArray();
            var most = random.Next(1, 8);
            var subsets = Subsets.Partition(experts, most);
            Assert.Equal(Math.Min(most, experts.Length), subsets.Count);
            Assert.Equal(experts.Select(e => e.Item1).Order(StringComparer.Ordinal), subsets.SelectMany(s => s).Order(StringComparer.Ordinal));
            Assert.All(subsets, s => Assert.NotEmpty(s));
            // Graham's bound, against a lower bound of the best partition.
            var capacity = experts.ToDictionary(e => e.Item1, e => e.Item2);
            var heaviest = subsets.Max(s => s.Sum(e => capacity[e]));
            var (sum, greatest) = (capacity.Values.Sum(), capacity.Values.Max());
            Assert.True(heaviest <= Math.Max(greatest, 4.0 / 3 * Math.Max(sum / subsets.Count, greatest)) + 1e-9 || heaviest <= sum / subsets.Count + greatest, $"round {round}");
        }
    }

    [Fact]
    public void Experts_without_a_known_capacity_are_spread_and_none_is_there_twice()
    {
        var subsets = Subsets.Partition([("a", 0), ("b", double.NaN), ("c", double.PositiveInfinity), ("d", -1), ("a", 5)], 2);
        Assert.Equal([2, 2], subsets.Select(s => s.Count));
        Assert.Empty(Subsets.Partition([], 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => Subsets.Partition([("a", 1)], 0));
    }
}
