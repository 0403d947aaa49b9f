using System.Buffers;
using CsCheck;
using Mesh.Contracts.Steps;

namespace Mesh.Contracts.Tests.Steps;

public sealed class SparseCodecTests
{
    /// <summary>Any distribution an expert can have: distinct ids below the vocabulary, a top entry, others up to 40 nats under it.</summary>
    internal static readonly Gen<SparseDistribution> Distributions =
        from vocabulary in Gen.Int[1, StepLimits.Vocabulary]
        from ids in Gen.Int[0, vocabulary - 1].Array[0, StepLimits.Entries]
        from top in Gen.Float[-8f, 0f]
        from gaps in Gen.Float[0f, 40f].Array[ids.Length]
        from tail in Gen.Float[0f, 1f]
        select Make(ids, top, gaps, tail);

    private static SparseDistribution Make(int[] ids, float top, float[] gaps, float tail)
    {
        var distribution = new SparseDistribution { Tail = tail };
        foreach (var (id, i) in ids.Distinct().Order().Select((id, i) => (id, i)))
            distribution.Add(id, i == 0 ? top : top - gaps[i]);
        return distribution;
    }

    [Fact]
    public void What_is_written_comes_back_within_the_stated_error() => Distributions.Sample(sent =>
    {
        var received = RoundTrip(sent, out _);
        var top = sent.Count == 0 ? 0f : sent.LogProbabilities.ToArray().Max();
        var expected = sent.Ids.ToArray().Zip(sent.LogProbabilities.ToArray()).Where(e => e.Second >= top - SparseCodec.MaxRange).ToArray();
        Assert.Equal(expected.Select(e => e.First), received.Ids.ToArray());
        for (var i = 0; i < expected.Length; i++)
            Assert.InRange(received.LogProbabilities[i], expected[i].Second - SparseCodec.MaxError, expected[i].Second + SparseCodec.MaxError);
    });

    [Fact]
    public void The_most_probable_entry_is_exact() => Distributions.Sample(sent =>
    {
        var received = RoundTrip(sent, out _);
        if (sent.Count > 0)
            Assert.Equal(sent.LogProbabilities.ToArray().Max(), received.LogProbabilities.ToArray().Max());
    });

    [Fact]
    public void Entries_too_small_to_write_join_the_tail()
    {
        var sent = new SparseDistribution { Tail = 0.25f };
        sent.Add(3, -0.5f);
        sent.Add(4, -17f);
        var received = RoundTrip(sent, out _);
        Assert.Equal([3], received.Ids.ToArray());
        Assert.Equal(0.25f + MathF.Exp(-17f), received.Tail, 7);
    }

    [Fact]
    public void A_full_distribution_over_a_big_vocabulary_takes_under_1100_bytes() => Gen.Int[0, 128_255].Array[600].Sample(ids =>
    {
        var distribution = new SparseDistribution { Tail = 0.01f };
        foreach (var id in ids.Distinct().Take(StepLimits.Entries).Order())
            distribution.Add(id, -1f - id % 10);
        RoundTrip(distribution, out var bytes);
        Assert.InRange(bytes, 1, 1099);
    });

    [Fact]
    public void Nothing_takes_more_than_the_stated_bytes() => Distributions.Sample(sent =>
    {
        RoundTrip(sent, out var bytes);
        Assert.InRange(bytes, 1, SparseCodec.MaxBytes);
    });

    private static SparseDistribution RoundTrip(SparseDistribution sent, out int bytes)
    {
        Span<byte> buffer = stackalloc byte[SparseCodec.MaxBytes];
        var writer = new WireWriter(buffer);
        SparseCodec.Write(ref writer, sent);
        bytes = writer.Written;
        var reader = new WireReader(buffer[..bytes]);
        var received = new SparseDistribution();
        SparseCodec.Read(ref reader, received);
        Assert.Null(reader.Error);
        Assert.Equal(0, reader.Rest.Length);
        return received;
    }
}
