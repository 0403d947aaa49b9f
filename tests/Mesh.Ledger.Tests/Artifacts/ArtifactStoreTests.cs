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
        var name = await Store.PutAsync("abc"u8.ToArray(), _ => false, default);
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", name);
        Assert.Equal(name, await Store.PutAsync("abc"u8.ToArray(), _ => false, default));
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
        Assert.Equal(64, (await Store.PutAsync(new byte[ArtifactStore.MostBytes], _ => false, default)).Length);
        await Assert.ThrowsAsync<ArgumentException>(() => Store.PutAsync(new byte[ArtifactStore.MostBytes + 1], _ => false, default));
    }

    [Fact]
    public async Task Content_that_was_changed_is_not_given()
    {
        var key = $"artifact/{new string('0', 64)}";
        await _values.CommitAsync(new Dictionary<string, byte[]> { [key] = [1] }, key, null, default);
        await Assert.ThrowsAsync<LedgerDamagedException>(() => Store.GetAsync(new('0', 64), default));
    }

    /// <summary>Whoever fills it drives out what nobody named, and nothing else; what went can come again.</summary>
    [Theory]
    [InlineData(ArtifactStore.MostBytes, ArtifactStore.MostLooseBytes / ArtifactStore.MostBytes)]
    [InlineData(sizeof(int), ArtifactStore.MostLoose)]
    public async Task The_oldest_that_nothing_names_goes_when_there_is_too_much(int size, int most)
    {
        byte[] Content(int i) => [.. BitConverter.GetBytes(i), .. new byte[size - sizeof(int)]];
        var named = await Store.PutAsync(Content(0), _ => false, default);
        var names = new List<string>();
        for (var i = 1; i <= most + 1; i++)
            names.Add(await Store.PutAsync(Content(i), name => name == named, default));
        Assert.Null(await Store.GetAsync(names[0], default));
        Assert.NotNull(await Store.GetAsync(named, default));
        foreach (var name in names.Skip(1))
            Assert.NotNull(await Store.GetAsync(name, default));
        Assert.Equal(names[0], await Store.PutAsync(Content(1), name => name == named, default));
        Assert.NotNull(await Store.GetAsync(names[0], default));
        Assert.Null(await Store.GetAsync(names[1], default));
    }

    [Fact]
    public async Task Nothing_is_something_too()
    {
        var name = await Store.PutAsync(Array.Empty<byte>(), _ => false, default);
        Assert.Empty((await Store.GetAsync(name, default))!);
    }
}
