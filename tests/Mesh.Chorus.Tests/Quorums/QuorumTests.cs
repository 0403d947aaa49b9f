using Mesh.Chorus.Quorums;

namespace Mesh.Chorus.Tests.Quorums;

public sealed class QuorumTests
{
    [Fact]
    public void Any_two_share_an_honest_witness_and_none_smaller_do()
    {
        for (var n = 1; n <= 60; n++)
            for (var f = 0; f < n; f++)
            {
                var quorum = Quorum.Of(n, f);
                Assert.Equal((int)Math.Ceiling((n + f + 1) / 2.0), quorum);
                Assert.InRange(quorum, 1, n);
                Assert.True(2 * quorum - n > f);
                Assert.False(2 * (quorum - 1) - n > f);
            }
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, -1)]
    [InlineData(3, 3)]
    public void What_proves_nothing_is_refused(int witnesses, int liars) => Assert.Throws<ArgumentOutOfRangeException>(() => Quorum.Of(witnesses, liars));
}
