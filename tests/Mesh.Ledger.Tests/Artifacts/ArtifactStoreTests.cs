using Mesh.Ledger.Artifacts;
using Mesh.Ledger.Log;

namespace Mesh.Ledger.Tests.Artifacts;

public sealed class ArtifactStoreTests
{
    private readonly MemoryLedgerStore _values = new();

    private ArtifactStore Store => new(_values);

    [Fact]
    public async Task Content_is_found_under_its_SHA_256()
    {
        var name = await Store.PutAsync("abc"u8.ToArray(), default);
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", name);
        Assert.Equal(name, await Store.PutAsync("abc"u8.ToArray(), default));
        Assert.Equal("abc"u8.ToArray(), await Store.GetAsync(name, default));
        Assert.Null(await Store.GetAsync(new('0', 64), default));
    }

    [Theory]
    [InlineData("../../../../etc/passwd"), InlineData(""), InlineData("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD")]
    [InlineData("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a/"), InlineData("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\0")]
    [InlineData("ledger/head"), InlineData("٠a7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    public async Task What_is_no_name_is_refused_before_anything_is_read(string name) => await Assert.ThrowsAsync<FormatException>(() => Store.GetAsync(name, default));

    [Fact]
    public async Task Sizes_have_bounds()
    {
        Assert.Equal(64, (await Store.PutAsync(new byte[ArtifactStore.MostBytes], default)).Length);
        await Assert.ThrowsAsync<ArgumentException>(() => Store.PutAsync(new byte[ArtifactStore.MostBytes + 1], default));
    }

    [Fact]
    public async Task Content_that_was_changed_is_not_given()
    {
        var key = $"artifact/{new string('0', 64)}";
        await _values.CommitAsync(new Dictionary<string, byte[]> { [key] = [1] }, key, null, default);
        await Assert.ThrowsAsync<LedgerDamagedException>(() => Store.GetAsync(new('0', 64), default));
    }
}
