using System.Text.Json;
using Mesh.Ledger.Entries;
using Mesh.Ledger.Log;
using Microsoft.Extensions.Time.Testing;
using static Mesh.Ledger.Tests.Log.TestLog;

namespace Mesh.Ledger.Tests.Log;

public sealed class LedgerLogTests
{
    private readonly MemoryLedgerStore _store = new();

    [Fact]
    public async Task An_entry_is_appended_found_and_read_back_after_a_restart()
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123));
        await using (var log = await OpenAsync(_store, time: time))
        {
            var first = await log.AppendAsync(Draft("genesis", body: """{"b":1,"a":2}"""), default);
            Assert.Equal((0L, true, 1L), (first.Index, first.IsNew, first.Entry.Lamport));
            Assert.Equal("""{"body":{"a":2,"b":1},"id":"genesis","lamport":1,"node":"node-1","time":1700000000123,"type":"note"}""", first.Entry.ToString());
            Assert.Equal(["genesis"], log.State);
        }
        await using var again = await OpenAsync(_store, "node-2");
        Assert.Equal(["genesis"], again.State);
        Assert.Equal("node-2", (await again.AppendAsync(Draft("second"), default)).Entry.Node);
        Assert.Equal((0L, "genesis"), ((await again.FindAsync("genesis", default))!.Index, (await again.ReadEntryAsync(0, default))!.Id));
        Assert.Null(await again.FindAsync("third", default));
        Assert.Null(await again.FindAsync("../ledger/head", default));
        Assert.Null(await again.ReadEntryAsync(2, default));
    }

    [Fact]
    public async Task An_id_is_appended_once()
    {
        await using var log = await OpenAsync(_store);
        var appended = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => log.AppendAsync(Draft($"id/{i % 10}"), default)));
        Assert.Equal(10, appended.Count(a => a.IsNew));
        Assert.Equal(10, log.Size);
        Assert.All(appended.GroupBy(a => a.Entry.Id), same => Assert.Single(same.Select(a => (a.Index, a.Entry.ToString())).Distinct()));
        Assert.False((await log.AppendAsync(Draft("id/3", type: "refused"), default)).IsNew);
    }

    /// <summary>What waits while a transaction is under way goes into the next one together.</summary>
    [Fact]
    public async Task Appends_of_one_moment_are_one_transaction()
    {
        var (faulty, first) = (new FaultyStore(_store), new TaskCompletionSource());
        faulty.BeforeCommit = () => first.Task;
        await using var log = await OpenAsync(faulty);
        var appends = Enumerable.Range(0, 200).Select(i => log.AppendAsync(Draft($"id/{i}"), default)).ToArray();
        first.SetResult();
        await Task.WhenAll(appends);
        Assert.Equal(200, log.Size);
        Assert.InRange(faulty.Commits, 1, 20);
    }

    [Fact]
    public async Task A_transaction_has_bounds()
    {
        var (faulty, first) = (new FaultyStore(_store), new TaskCompletionSource());
        faulty.BeforeCommit = () => first.Task;
        await using var log = await OpenAsync(faulty, Options() with { MostEntriesABatch = 5, MostBytesABatch = 100 });
        var appends = Enumerable.Range(0, 50).Select(i => log.AppendAsync(Draft($"id/{i}", body: i % 2 == 0 ? "{}" : JsonSerializer.Serialize(new string('x', 80))), default)).ToArray();
        first.SetResult();
        await Task.WhenAll(appends);
        Assert.InRange(faulty.LargestCommit, 3, 5 * 2 + 2);
    }

    [Fact]
    public async Task What_the_rules_refuse_is_not_appended_and_the_rest_is()
    {
        await using var log = await OpenAsync(_store);
        Task<Appended>[] appends = [.. ((EntryDraft[])[Draft("a"), Draft("b", type: "refused"), After("c", "a"), After("d", "nothing"), Draft("e")]).Select(d => log.AppendAsync(d, default))];
        await Assert.ThrowsAsync<EntryRefusedException>(() => appends[1]);
        await Assert.ThrowsAsync<EntryRefusedException>(() => appends[3]);
        await Task.WhenAll(appends[0], appends[2], appends[4]);
        Assert.Equal(["a", "c", "e"], log.State);
        Assert.Null(await log.FindAsync("b", default));
        // An id that was refused is free.
        Assert.True((await log.AppendAsync(Draft("b"), default)).IsNew);
    }

    /// <summary>The rules see what another sequencer appended a moment ago.</summary>
    [Fact]
    public async Task The_rules_are_asked_after_what_others_appended()
    {
        await using var one = await OpenAsync(_store, "node-1");
        await using var two = await OpenAsync(_store, "node-2");
        await one.AppendAsync(Draft("proposal"), default);
        Assert.Equal(1, (await two.AppendAsync(After("vote", "proposal"), default)).Index);
        Assert.False((await one.AppendAsync(Draft("vote"), default)).IsNew);
        Assert.Equal(["proposal", "vote"], one.State);
    }

    [Fact]
    public async Task Lamport_time_is_after_the_log_s_and_the_caller_s()
    {
        await using var log = await OpenAsync(_store);
        Assert.Equal(1, (await log.AppendAsync(Draft("a"), default)).Entry.Lamport);
        Assert.Equal(43, (await log.AppendAsync(Draft("b", lamport: 42), default)).Entry.Lamport);
        Assert.Equal(44, (await log.AppendAsync(Draft("c", lamport: 7), default)).Entry.Lamport);
        Assert.Equal(44, log.Head.Lamport);
    }

    /// <summary>Also another node's clock that is behind, and one that is set back, in an append of a log that is read anew.</summary>
    [Fact]
    public async Task Time_does_not_go_back()
    {
        FakeTimeProvider At(long milliseconds) => new(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));
        await using (var ahead = await OpenAsync(_store, "node-1", At(2000)))
            Assert.Equal(2000, (await ahead.AppendAsync(Draft("a"), default)).Entry.Time);
        await using var behind = await OpenAsync(_store, "node-2", At(1000));
        Assert.Equal(2000, (await behind.AppendAsync(Draft("b"), default)).Entry.Time);
        Assert.Equal(2000, (await behind.AppendAsync(Draft("c"), default)).Entry.Time);
        await using var later = await OpenAsync(_store, "node-3", At(3000));
        Assert.Equal(3000, (await later.AppendAsync(Draft("d"), default)).Entry.Time);
        Assert.Equal(3000, (await behind.AppendAsync(Draft("e"), default)).Entry.Time);
    }

    [Theory]
    [InlineData(-1), InlineData(long.MaxValue), InlineData((1L << 53) - 1)]
    public async Task No_caller_can_use_up_the_clock_nor_is_refused_for_its_own(long lamport)
    {
        await using var log = await OpenAsync(_store);
        var first = (await log.AppendAsync(Draft("a", lamport), default)).Entry.Lamport;
        Assert.InRange(first, 1, (1L << 20) + 1);
        Assert.Equal(first + 1, (await log.AppendAsync(Draft("b"), default)).Entry.Lamport);
    }

    [Fact]
    public async Task A_draft_without_form_harms_no_other()
    {
        await using var log = await OpenAsync(_store);
        await Assert.ThrowsAsync<FormatException>(() => log.AppendAsync(Draft("a b"), default));
        await Assert.ThrowsAsync<FormatException>(() => log.AppendAsync(new("note", "a", default), default));
        await Assert.ThrowsAsync<FormatException>(() => log.AppendAsync(Draft("a", body: JsonSerializer.Serialize(new string('x', LedgerEntry.MostBytes))), default));
        Assert.Equal(0, (await log.AppendAsync(Draft("a"), default)).Index);
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task After_a_broken_connection_the_same_id_is_safe_to_ask_for(bool isLostBefore)
    {
        var faulty = new FaultyStore(_store) { Lose = () => isLostBefore };
        await using var log = await OpenAsync(faulty);
        await Assert.ThrowsAsync<IOException>(() => log.AppendAsync(Draft("a"), default));
        faulty.Lose = () => null;
        var again = await log.AppendAsync(Draft("a"), default);
        Assert.Equal((0L, isLostBefore), (again.Index, again.IsNew));
        Assert.Equal(1, log.Size);
    }

    [Fact]
    public async Task A_store_that_does_not_answer_ends_the_append_at_the_deadline()
    {
        var time = new FakeTimeProvider();
        var reached = new TaskCompletionSource();
        var faulty = new FaultyStore(_store);
        await using var log = await OpenAsync(faulty, Options(), time);
        faulty.BeforeRead = stop =>
        {
            reached.TrySetResult();
            return Task.Delay(Timeout.Infinite, stop);
        };
        var append = log.AppendAsync(Draft("a"), default);
        await reached.Task;
        time.Advance(Options().Deadline);
        await Assert.ThrowsAsync<TimeoutException>(() => append);
        faulty.BeforeRead = _ => Task.CompletedTask;
        Assert.True((await log.AppendAsync(Draft("a"), default)).IsNew);
    }

    [Fact]
    public async Task Who_gives_up_is_let_go_and_the_log_goes_on()
    {
        var (faulty, first) = (new FaultyStore(_store), new TaskCompletionSource());
        await using var log = await OpenAsync(faulty);
        faulty.BeforeCommit = () => first.Task;
        using var stop = new CancellationTokenSource();
        var other = log.AppendAsync(Draft("other"), default);
        var append = log.AppendAsync(Draft("a"), stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => append);
        first.SetResult();
        await other;
        await log.AppendAsync(Draft("b"), default);
        Assert.Contains("b", log.State);
    }

    [Fact]
    public async Task Appends_that_wait_when_the_log_is_closed_are_told()
    {
        var (faulty, reached) = (new FaultyStore(_store), new TaskCompletionSource());
        var log = await OpenAsync(faulty);
        faulty.BeforeRead = stop =>
        {
            reached.TrySetResult();
            return Task.Delay(Timeout.Infinite, stop);
        };
        var appends = Enumerable.Range(0, 3).Select(i => log.AppendAsync(Draft($"{i}"), default)).ToArray();
        await reached.Task;
        await log.DisposeAsync();
        foreach (var append in appends)
            await Assert.ThrowsAsync<ObjectDisposedException>(() => append);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => log.AppendAsync(Draft("late"), default));
    }
}
