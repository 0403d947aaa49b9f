using System.Text;
using Mesh.Ledger.Log;
using Microsoft.Extensions.Time.Testing;
using static Mesh.Ledger.Tests.Log.TestLog;

namespace Mesh.Ledger.Tests.Log;

/// <summary>A log is not built on what was damaged.</summary>
public sealed class LedgerDamageTests
{
    private readonly MemoryLedgerStore _store = new();

    /// <summary>A key, what is there in place of what was written (null: nothing), and the key that is named.</summary>
    [Theory]
    [InlineData("ledger/entry/1", null, "ledger/entry/1")]
    [InlineData("ledger/entry/1", "{}", "ledger/entry/1")]
    [InlineData("ledger/entry/1", "\u0000", "ledger/entry/1")]
    [InlineData("ledger/entry/1", """{"body":1,"id":"id/1","lamport":2,"node":"node-1","time":1,"type":"note"}""", "ledger/head")]
    [InlineData("ledger/entry/1", """{"body":{},"id":"id/1","lamport":1,"node":"node-1","time":1,"type":"note"}""", "ledger/entry/1")]
    [InlineData("ledger/entry/1", """{"body":{},"id":"id/1","lamport":2,"node":"node-1","time":1,"type":"refused"}""", "ledger/entry/1")]
    [InlineData("ledger/entry/1", """{"body":{},"id":"id/1","lamport":2,"node":"node-1","time":0,"type":"note"}""", "ledger/entry/1")]
    [InlineData("ledger/head", "NaN", "ledger/head")]
    [InlineData("ledger/head", """{"lamport":1,"root":"AAAA","size":3}""", "ledger/head")]
    [InlineData("ledger/head", """{"lamport":1,"size":1e400}""", "ledger/head")]
    [InlineData("ledger/head", """{"lamport":3,"root":"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=","size":3}""", "ledger/head")]
    [InlineData("ledger/head", """{"lamport":3,"root":"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=","size":4}""", "ledger/entry/3")]
    public async Task A_damaged_log_is_not_opened(string key, string? value, string named)
    {
        await using (var log = await OpenAsync(_store, time: new FakeTimeProvider(DateTimeOffset.FromUnixTimeMilliseconds(1))))
            for (var i = 0; i < 3; i++)
                await log.AppendAsync(Draft($"id/{i}"), default);
        var damaged = await CopyAsync(_store, key, value);
        Assert.StartsWith(named + ":", (await Assert.ThrowsAsync<LedgerDamagedException>(() => OpenAsync(damaged))).Message);
    }

    /// <summary>A backup put back below a running log would fork it: it appends nothing more.</summary>
    [Fact]
    public async Task A_store_that_was_put_back_is_noticed()
    {
        await using var writer = await OpenAsync(_store);
        await writer.AppendAsync(Draft("a"), default);
        var backup = await CopyAsync(_store);
        await writer.AppendAsync(Draft("b"), default);
        var swapped = new SwappedStore { Inner = _store };
        await using var log = await OpenAsync(swapped);
        swapped.Inner = backup;
        await Assert.ThrowsAsync<LedgerDamagedException>(() => log.AppendAsync(Draft("c"), default));
        // As many entries, others.
        await using (var other = await OpenAsync(backup))
            await other.AppendAsync(Draft("other"), default);
        await Assert.ThrowsAsync<LedgerDamagedException>(() => log.AppendAsync(Draft("c"), default));
    }

    [Fact]
    public async Task A_damaged_tile_gives_no_proof()
    {
        await using var log = await OpenAsync(_store);
        for (var i = 0; i < 3; i++)
            await log.AppendAsync(Draft($"id/{i}"), default);
        var tile = _store.Values["ledger/tile/0/000"];
        tile[40] ^= 1;
        await using var damaged = await OpenAsync(await CopyAsync(_store, "ledger/tile/0/000", Encoding.Latin1.GetString(tile)));
        await Assert.ThrowsAsync<LedgerDamagedException>(() => damaged.ProveAsync(0, damaged.SignHead(), default));
        await using var cut = await OpenAsync(await CopyAsync(_store, "ledger/tile/0/000", "short"));
        await Assert.ThrowsAsync<LedgerDamagedException>(() => cut.ProveAsync(0, cut.SignHead(), default));
    }

    private static async Task<MemoryLedgerStore> CopyAsync(MemoryLedgerStore store, string? key = null, string? value = null)
    {
        var values = store.Values.ToDictionary();
        if (key is not null && value is null)
            values.Remove(key);
        else if (key is not null)
            values[key] = Encoding.Latin1.GetBytes(value!);
        var copy = new MemoryLedgerStore();
        Assert.True(await copy.CommitAsync(values, LedgerKeys.Head, null, default));
        return copy;
    }

    private sealed class SwappedStore : ILedgerStore
    {
        public required ILedgerStore Inner { get; set; }

        public Task<StoredValue?> ReadAsync(string key, CancellationToken stop) => Inner.ReadAsync(key, stop);

        public Task<IReadOnlyList<byte[]?>> ReadManyAsync(IReadOnlyList<string> keys, CancellationToken stop) => Inner.ReadManyAsync(keys, stop);

        public Task<bool> CommitAsync(IReadOnlyDictionary<string, byte[]> writes, string headKey, string? expectedHeadETag, CancellationToken stop) =>
            Inner.CommitAsync(writes, headKey, expectedHeadETag, stop);
    }
}
