using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Log;
using Mesh.Ledger.Proofs;
using Mesh.Ledger.Signing;
using Mesh.Ledger.Tests.Log;
using Mesh.Ledger.Tests.Verification;

namespace Mesh.Ledger.Tests.Proofs;

public sealed class LedgerProofTests
{
    [Fact]
    public async Task Every_entry_has_a_receipt_that_is_checked_offline()
    {
        await using var log = await TestLog.OpenAsync(new MemoryLedgerStore());
        await Task.WhenAll(Enumerable.Range(0, 300).Select(i => log.AppendAsync(TestLog.Draft($"id/{i}"), default)));
        var head = Cosign(log.SignHead(), 2);
        for (var i = 0; i < 300; i++)
        {
            var proof = LedgerProof.Parse((await log.ProveAsync(i, head, default)).ToString());
            Assert.True(proof.Proves((await log.ReadEntryAsync(i, default))!, TestLog.Key.Verifier, LedgerFolder.Policy, out var reason), reason);
        }
    }

    [Fact]
    public async Task Why_a_receipt_proves_nothing_is_said()
    {
        await using var log = await TestLog.OpenAsync(new MemoryLedgerStore());
        var (first, second) = ((await log.AppendAsync(TestLog.Draft("a"), default)).Entry, (await log.AppendAsync(TestLog.Draft("b"), default)).Entry);
        var good = await log.ProveAsync(0, Cosign(log.SignHead(), 2), default);
        var otherKey = SigningKey.FromSeed("mesh/test", [.. Enumerable.Repeat((byte)8, 32)]);
        Assert.True(good.Proves(first, TestLog.Key.Verifier, LedgerFolder.Policy, out var reason), reason);
        Assert.False(good.Proves(second, TestLog.Key.Verifier, LedgerFolder.Policy, out reason));
        Assert.Contains("'b' is not entry 0", reason);
        Assert.False(good.Proves(first, otherKey.Verifier, LedgerFolder.Policy, out reason));
        Assert.Contains("not signed by the key", reason);
        Assert.False(good.Proves(first, SigningKey.Create("mesh/other").Verifier, LedgerFolder.Policy, out reason));
        Assert.Contains("of the log 'mesh/test'", reason);
        Assert.False((good with { Checkpoint = Cosign(log.SignHead(), 1) }).Proves(first, TestLog.Key.Verifier, LedgerFolder.Policy, out reason));
        Assert.Contains("1 of 3 witnesses; 2 are needed", reason);
    }

    private const string Head = "\nmesh/test\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— mesh/test AAAAAAAA\n";

    [Fact]
    public void Extra_data_is_passed_over() => Assert.Equal(0, LedgerProof.Parse("c2sp.org/tlog-proof@v1\nextra YWJj\nindex 0\n" + Head).Index);

    [Theory]
    [InlineData("")]
    [InlineData("c2sp.org/tlog-proof@v1\n" + Head)]
    [InlineData("c2sp.org/tlog-proof@v2\nindex 0\n" + Head)]
    [InlineData("c2sp.org/tlog-proof@v1\nindex -1\n" + Head)]
    [InlineData("c2sp.org/tlog-proof@v1\nindex 01\n" + Head)]
    [InlineData("c2sp.org/tlog-proof@v1\nindex NaN\n" + Head)]
    [InlineData("c2sp.org/tlog-proof@v1\nindex 1e9\n" + Head)]
    [InlineData("c2sp.org/tlog-proof@v1\nindex 99999999999999999999\n" + Head)]
    [InlineData("c2sp.org/tlog-proof@v1\nextra YWJj\n" + Head)]
    [InlineData("c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n" + Head)]
    [InlineData("c2sp.org/tlog-proof@v1\nindex 0\n")]
    [InlineData("c2sp.org/tlog-proof@v1\nindex 0\n\n")]
    public void What_is_no_receipt_is_refused(string text) => Assert.Throws<FormatException>(() => LedgerProof.Parse(text));

    [Fact]
    public void A_receipt_has_bounds()
    {
        var hashes = string.Concat(Enumerable.Repeat("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", 64));
        Assert.Throws<FormatException>(() => LedgerProof.Parse("c2sp.org/tlog-proof@v1\nindex 0\n" + hashes + Head));
        Assert.Throws<FormatException>(() => LedgerProof.Parse("c2sp.org/tlog-proof@v1\nindex 0\n" + Head + new string('x', SignedNote.MostBytes)));
    }

    private static SignedCheckpoint Cosign(SignedCheckpoint head, int count) => head.With([.. LedgerFolder.Witnesses.Take(count).Select(w => Cosignature.Sign(w, head.Checkpoint, 1))]);
}
