using CsCheck;
using Mesh.Ledger.Entries;
using Mesh.Ledger.Log;
using Mesh.Ledger.Tiles;
using Mesh.Ledger.Tree;
using static Mesh.Ledger.Tests.Log.TestLog;
using Hash = Mesh.Ledger.Tree.Hash;

namespace Mesh.Ledger.Tests.Log;

/// <summary>
/// Two sequencers over one store, by a seed: commits that are lost before or after they are made, the other that gets in between just before a commit, processes that end and start again.
/// Whatever happens, every id that was asked for until it was answered is there once, in one tree.
/// </summary>
public sealed class TwoSequencersTests
{
    [Fact]
    public Task No_fork_and_nothing_lost_or_doubled() => Gen.Int[0, int.MaxValue].SampleAsync(SimulateAsync, iter: 30);

    private static async Task SimulateAsync(int seed)
    {
        var random = new Random(seed);
        var inner = new MemoryLedgerStore();
        var stores = new[] { new FaultyStore(inner), new FaultyStore(inner) };
        var logs = new[] { await OpenAsync(stores[0], "node-0"), await OpenAsync(stores[1], "node-1") };
        var (extra, isInside, roots) = (0, false, new Dictionary<long, Hash>());
        for (var i = 0; i < 2; i++)
        {
            var other = 1 - i;
            stores[i].Lose = () => random.Next(6) switch { 0 => true, 1 => false, _ => null };
            stores[i].BeforeCommit = async () =>
            {
                if (isInside || random.Next(3) > 0)
                    return;
                isInside = true;
                await AskAsync(logs, other, Draft($"between/{extra++}"));
                isInside = false;
            };
        }
        const int Asked = 60;
        for (var n = 0; n < Asked;)
        {
            var (who, count) = (random.Next(2), random.Next(1, 9));
            // Some are asked for at both, as a client does that was not answered.
            var drafts = Enumerable.Range(n, count).Select(k => Draft($"asked/{k}", random.Next(100)));
            foreach (var draft in drafts)
            {
                await AskAsync(logs, who, draft);
                if (random.Next(4) == 0)
                    await AskAsync(logs, 1 - who, draft);
            }
            n += count;
            if (random.Next(5) == 0)
            {
                await logs[who].DisposeAsync();
                logs[who] = await OpenAsync(stores[who], $"node-{who}");
            }
            foreach (var log in logs)
            {
                var head = log.Head;
                // Two heads of one size are the same head.
                Assert.True(roots.TryAdd(head.Size, head.Root) || roots[head.Size] == head.Root);
            }
        }
        await CheckAsync(inner, roots, n => n.StartsWith("asked/", StringComparison.Ordinal), extra);
        foreach (var log in logs)
            await log.DisposeAsync();
    }

    private static async Task AskAsync(LedgerLog<System.Collections.Immutable.ImmutableList<string>>[] logs, int who, EntryDraft draft)
    {
        while (true)
        {
            try
            {
                Assert.Equal(draft.Id, (await logs[who].AppendAsync(draft, default)).Entry.Id);
                return;
            }
            catch (IOException)
            {
                // Not known whether it is there.
            }
        }
    }

    private static async Task CheckAsync(MemoryLedgerStore store, Dictionary<long, Hash> roots, Func<string, bool> isAsked, int extra)
    {
        await using var log = await OpenAsync(store);
        Assert.Equal(log.State.Count, log.State.Distinct().Count());
        Assert.Equal(extra, log.State.Count(id => !isAsked(id)));
        Assert.Equal(Enumerable.Range(0, log.State.Count(isAsked)).Select(k => $"asked/{k}").Order(), log.State.Where(isAsked).Order());
        Assert.True(log.State.Count(isAsked) >= 60);
        // Every head that anyone saw is the beginning of the last one.
        foreach (var (size, root) in roots)
            Assert.True(MerkleProofs.IsConsistent(size, root, log.Size, log.Head.Root, await log.ProveConsistencyAsync(size, log.Size, default)));
        Assert.Equal(log.Head.Root, await new TileTree(log.Tiles, log.Size).RootAsync(default));
        for (var i = 0; i < log.Size; i++)
            Assert.Equal(i, (await log.ProveAsync(i, log.SignHead(), default)).Index);
    }

    /// <summary>Both at full speed, on threads.</summary>
    [Fact]
    public async Task Both_at_once_append_all()
    {
        var store = new MemoryLedgerStore();
        await using var one = await OpenAsync(store, "node-1");
        await using var two = await OpenAsync(store, "node-2");
        await Task.WhenAll(Enumerable.Range(0, 600).Select(i => Task.Run(() => (i % 2 == 0 ? one : two).AppendAsync(Draft($"id/{i % 500}"), default))));
        await one.RefreshAsync(default);
        await two.RefreshAsync(default);
        Assert.Equal(one.Head, two.Head);
        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"id/{i}").Order(), one.State.Order());
    }
}
