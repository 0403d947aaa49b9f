using System.Text;
using Mesh.Ledger.Log;
using Xunit;

namespace Mesh.Testing.Ledger;

/// <summary>What every store of a ledger does. A store adds <see cref="CreateAsync"/> and nothing else.</summary>
public abstract class LedgerStoreContract
{
    private const string Head = "ledger/head";

    /// <summary>May skip the test. A store, or a second view of one, on which no other test writes.</summary>
    protected abstract Task<ILedgerStore> CreateAsync();

    [SkippableFact]
    public async Task What_is_not_there_is_null()
    {
        var store = await CreateAsync();
        Assert.Null(await store.ReadAsync(Head, default));
        Assert.Equal([null, null], await store.ReadManyAsync([Head, "ledger/entry/0"], default));
        Assert.Empty(await store.ReadManyAsync([], default));
    }

    [SkippableFact]
    public async Task All_of_a_commit_is_read_back_in_the_order_asked_for()
    {
        var store = await CreateAsync();
        // Any bytes and any characters of an id.
        byte[] binary = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        Assert.True(await Commit(store, null, ("ledger/tile/0/x001/067", binary), ("ledger/id/vote/é+ü/ada~%25", []), (Head, Bytes("1"))));
        Assert.Equal([[], binary, null, Bytes("1")], await store.ReadManyAsync(["ledger/id/vote/é+ü/ada~%25", "ledger/tile/0/x001/067", "ledger/nothing", Head], default));
        Assert.Equal(binary, (await store.ReadAsync("ledger/tile/0/x001/067", default))!.Value);
    }

    [SkippableFact]
    public async Task Nothing_of_a_commit_is_there_when_another_was_first()
    {
        var store = await CreateAsync();
        Assert.True(await Commit(store, null, (Head, Bytes("1"))));
        var read = (await store.ReadAsync(Head, default))!;
        Assert.False(await Commit(store, null, (Head, Bytes("other")), ("ledger/entry/0", Bytes("lost"))));
        Assert.True(await Commit(store, read.ETag, (Head, Bytes("2"))));
        Assert.False(await Commit(store, read.ETag, (Head, Bytes("late")), ("ledger/entry/0", Bytes("lost"))));
        Assert.Equal("2", Encoding.UTF8.GetString((await store.ReadAsync(Head, default))!.Value));
        Assert.Null(await store.ReadAsync("ledger/entry/0", default));
    }

    /// <summary>The same value written again is a write.</summary>
    [SkippableFact]
    public async Task An_ETag_changes_with_every_write()
    {
        var store = await CreateAsync();
        Assert.True(await Commit(store, null, (Head, Bytes("1"))));
        var first = (await store.ReadAsync(Head, default))!.ETag;
        Assert.True(await Commit(store, first, (Head, Bytes("1"))));
        Assert.NotEqual(first, (await store.ReadAsync(Head, default))!.ETag);
        Assert.False(await Commit(store, "no ETag of any store", (Head, Bytes("1"))));
    }

    [SkippableFact]
    public async Task Heads_do_not_stand_in_each_other_s_way()
    {
        var store = await CreateAsync();
        Assert.True(await Commit(store, null, (Head, Bytes("1"))));
        Assert.True(await Commit(store, null, ("ledger/committed", Bytes("a"))));
        var head = (await store.ReadAsync(Head, default))!;
        Assert.True(await Commit(store, (await store.ReadAsync("ledger/committed", default))!.ETag, ("ledger/committed", Bytes("b"))));
        Assert.True(await Commit(store, head.ETag, (Head, Bytes("2"))));
    }

    /// <summary>Of those who race for one head one wins, and what is there is all the winner's.</summary>
    [SkippableFact]
    public async Task One_of_many_at_once_wins()
    {
        var store = await CreateAsync();
        string? etag = null;
        for (var round = 0; round < 10; round++)
        {
            var won = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => Commit(store, etag, ("ledger/entry/0", Bytes($"{round}-{i}")), (Head, Bytes($"{round}-{i}"))))));
            Assert.Single(won, w => w);
            var head = (await store.ReadAsync(Head, default))!;
            Assert.Equal($"{round}-{Array.IndexOf(won, true)}", Encoding.UTF8.GetString(head.Value));
            Assert.Equal(head.Value, (await store.ReadAsync("ledger/entry/0", default))!.Value);
            etag = head.ETag;
        }
    }

    /// <summary>As much as the log puts in one commit: 256 entries, their ids, tiles.</summary>
    [SkippableFact]
    public async Task A_large_commit_is_one_commit()
    {
        var store = await CreateAsync();
        var value = new byte[8192];
        new Random(1).NextBytes(value);
        var writes = Enumerable.Range(0, 520).Select(i => ($"ledger/entry/{i}", i % 4 == 0 ? value : Bytes($"{i}"))).Append((Head, Bytes("1"))).ToArray();
        Assert.True(await Commit(store, null, writes));
        Assert.Equal(writes.Select(w => w.Item2), await store.ReadManyAsync([.. writes.Select(w => w.Item1)], default));
    }

    [SkippableFact]
    public async Task Who_has_given_up_gets_nothing()
    {
        var store = await CreateAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.ReadAsync(Head, new(true)));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.CommitAsync(new Dictionary<string, byte[]> { [Head] = [] }, Head, null, new(true)));
    }

    private static Task<bool> Commit(ILedgerStore store, string? etag, params (string Key, byte[] Value)[] writes) =>
        store.CommitAsync(writes.ToDictionary(w => w.Key, w => w.Value), writes.Any(w => w.Key == Head) ? Head : writes[^1].Key, etag, default);

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
