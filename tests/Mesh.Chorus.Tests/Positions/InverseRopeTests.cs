using Mesh.Chorus.Phases;
using Mesh.Chorus.Positions;

namespace Mesh.Chorus.Tests.Positions;

public sealed class InverseRopeTests
{
    [Theory]
    [InlineData(64, RopePairs.Adjacent, 0), InlineData(64, RopePairs.Halves, 0.05), InlineData(128, RopePairs.Adjacent, 0.05), InlineData(32, RopePairs.Adjacent, 0.02)]
    public void The_offset_of_two_copies_is_found_exactly(int dimensions, RopePairs pairs, double noise)
    {
        var rope = new Rope(dimensions, Pairs: pairs);
        var random = new Random(dimensions);
        for (var round = 0; round < 400; round++)
        {
            var (at, offset) = (random.Next(0, 4096), random.Next(-4095, 4096));
            var (first, second) = Copies(rope, random, at, at + offset, noise, vectors: 4);
            var found = InverseRope.Find(rope, first, second);
            Assert.NotNull(found);
            Assert.Equal(offset, found.Offset);
            Assert.InRange(found.Coherence, InverseRope.LeastCoherence, 1);
        }
    }

    [Fact]
    public void Of_a_copy_that_is_not_rotated_it_is_the_position()
    {
        var rope = new Rope(64);
        var (plain, rotated) = Copies(rope, new Random(1), 0, 1234, 0, vectors: 1);
        Assert.Equal(1234, InverseRope.Find(rope, plain, rotated)!.Offset);
    }

    [Fact]
    public void Vectors_that_are_no_copies_are_told_so()
    {
        var rope = new Rope(64);
        var random = new Random(2);
        for (var round = 0; round < 200; round++)
        {
            var (first, _) = Copies(rope, random, 0, 0, 0, vectors: 4);
            var (_, other) = Copies(rope, random, 0, 77, 0, vectors: 4);
            Assert.Null(InverseRope.Find(rope, first, other));
        }
        var (one, noisy) = Copies(rope, random, 0, 77, noise: 1.5, vectors: 4);
        Assert.Null(InverseRope.Find(rope, one, noisy));
        Assert.Null(InverseRope.Find(rope, new float[64], new float[64]));
        Assert.Null(InverseRope.Find(rope, one, [.. one.Select(_ => float.NaN)]));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Assert.Throws<ArgumentException>(() => InverseRope.Find(new(64), new float[63], new float[63]));
        Assert.Throws<ArgumentException>(() => InverseRope.Find(new(64), new float[64], new float[128]));
        Assert.Throws<ArgumentException>(() => InverseRope.Find(new(63), new float[63], new float[63]));
        // One pair alone turns by a radian a position: it tells three positions apart.
        Assert.Throws<ArgumentOutOfRangeException>(() => InverseRope.Find(new(2), new float[2], new float[2]));
    }

    /// <param name="noise">Of each number, as a share of the vectors' own spread.</param>
    private static (float[] First, float[] Second) Copies(Rope rope, Random random, int at, int then, double noise, int vectors)
    {
        var numbers = new double[rope.Dimensions * vectors * 3];
        Brownian.Fill(numbers, 1, random);
        var length = rope.Dimensions * vectors;
        float[] first = [.. numbers.Take(length).Select(x => (float)x)], second = [.. first];
        rope.Rotate(first, at);
        rope.Rotate(second, then);
        for (var i = 0; i < length; i++)
            (first[i], second[i]) = ((float)(first[i] + noise * numbers[length + i]), (float)(second[i] + noise * numbers[2 * length + i]));
        return (first, second);
    }
}
