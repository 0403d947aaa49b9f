using Mesh.Contracts.Steps;
using Mesh.Inference.Sparse;
using Mesh.Inference.Tests.Decoding;

namespace Mesh.Inference.Tests.Sparse;

public sealed class RowTests
{
    public static TheoryData<int, float> Rows => new()
    {
        { 2, 1f }, { 7, 3f }, { 33, 2f }, { 255, 2f }, { 256, 2f }, { 257, 2f }, { 1023, 0f }, { 4096, 2.5f }, { 4099, 8f }, { 49_152, 2.5f }, { 128_256, 0.01f },
        { 128_256, 2.5f }, { 128_257, 30f }, { 5000, 1e-6f },
    };

    [Theory, MemberData(nameof(Rows))]
    public void A_row_is_cut_to_the_tokens_that_matter_and_nothing_is_wrong_about_them(int vocabulary, float spread)
    {
        var random = new Random(vocabulary);
        var top = new TopTokens();
        var found = new SparseDistribution();
        for (var n = 0; n < 12; n++)
        {
            var row = Row(random, vocabulary, spread, offset: n * 20 - 100);
            if (n == 5)
                Array.Sort(row);
            if (n == 6)
                Array.Sort(row, (a, b) => b.CompareTo(a));
            var expected = BareLoop.LogSoftmax(row);
            var logSumExp = RowReduction.LogSumExp(row, out var max);
            Assert.Equal(row.Max(), max);
            Assert.Equal(row[0] - expected[0], logSumExp, 2e-4);
            Assert.Equal(logSumExp, RowReduction.LogSumExp256(row, out var same), 1e-4f);
            Assert.Equal(max, same);
            found.Clear();
            var best = top.Extract(row, max, logSumExp, found);
            Assert.Equal(max, row[best]);

            var listed = found.Ids.ToArray();
            Assert.InRange(listed.Length, 1, StepLimits.Entries);
            Assert.Equal(listed.Order().Distinct(), listed);
            Assert.Contains(best, listed);
            for (var i = 0; i < listed.Length; i++)
                Assert.Equal(Math.Min(0, expected[listed[i]]), found.LogProbabilities[i], 5e-4);
            Assert.All(found.LogProbabilities.ToArray(), log => Assert.True(log <= 0f));
            Assert.Equal(1 - listed.Sum(id => Math.Exp(expected[id])), found.Tail, 1e-3);
            Assert.InRange(found.Tail, 0f, 1f);
            // The listed ones are the most probable ones.
            var least = listed.Min(id => row[id]);
            Assert.True(row.Count(logit => logit > least) < listed.Length + 1);
            // And as many as matter: the limit of entries, of range, of mass or of a single probability is reached.
            var mass = listed.Sum(id => Math.Exp(expected[id]));
            var beyond = row.Where((logit, id) => !listed.Contains(id) && logit > max - TopTokens.Range + 1e-3f
                && (listed.Length < TopTokens.Least || Math.Exp(expected[id]) > TopTokens.Floor * 1.001));
            Assert.True(listed.Length == StepLimits.Entries || mass >= 1 - TopTokens.TailBound - 1e-4 || !beyond.Any());
        }
    }

    [Theory, InlineData(float.NaN), InlineData(float.PositiveInfinity)]
    public void One_bad_logit_anywhere_spoils_the_row(float bad)
    {
        var random = new Random(1);
        for (var vocabulary = 30; vocabulary < 110; vocabulary++)
        {
            var row = Row(random, vocabulary, 2f, 0);
            row[random.Next(vocabulary)] = bad;
            Assert.False(float.IsFinite(RowReduction.LogSumExp(row, out _)), $"{vocabulary} logits, one {bad}");
            Assert.False(float.IsFinite(RowReduction.LogSumExp256(row, out _)), $"{vocabulary} logits, one {bad}, 256 bits");
        }
    }

    [Fact]
    public void A_row_of_nothing_but_minus_infinity_is_bad_and_some_of_it_is_not()
    {
        var row = new float[100];
        row.AsSpan().Fill(float.NegativeInfinity);
        Assert.False(float.IsFinite(RowReduction.LogSumExp(row, out _)));
        (row[3], row[64]) = (1f, 1f);
        var logSumExp = RowReduction.LogSumExp(row, out var max);
        Assert.Equal(1 + Math.Log(2), logSumExp, 1e-5);
        var found = new SparseDistribution();
        new TopTokens().Extract(row, max, logSumExp, found);
        Assert.Equal([3, 64], found.Ids.ToArray());
        Assert.Equal(0f, found.Tail, 1e-5);
    }

    [Fact]
    public void A_row_costs_no_allocation()
    {
        var row = Row(new(1), 128_256, 2.5f, 0);
        var (top, found) = (new TopTokens(), new SparseDistribution());
        Once();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var n = 0; n < 10; n++)
            Once();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Once()
        {
            found.Clear();
            var logSumExp = RowReduction.LogSumExp(row, out var max);
            top.Extract(row, max, logSumExp, found);
        }
    }

    private static float[] Row(Random random, int vocabulary, float spread, float offset)
    {
        var row = new float[vocabulary];
        foreach (ref var logit in row.AsSpan())
            logit = offset + spread * (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        return row;
    }
}
