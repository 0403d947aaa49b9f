using Mesh.Ledger.Log;

namespace Mesh.Ledger.Tests.Log;

/// <summary>A store that runs something before a commit, loses a commit before it is made, or loses only the answer to it.</summary>
internal sealed class FaultyStore(ILedgerStore inner) : ILedgerStore
{
    /// <summary>Runs before each commit.</summary>
    public Func<Task> BeforeCommit { get; set; } = () => Task.CompletedTask;

    /// <summary>Whether this commit is lost: true before, false after it is made, null not at all.</summary>
    public Func<bool?> Lose { get; set; } = () => null;

    public Func<CancellationToken, Task> BeforeRead { get; set; } = _ => Task.CompletedTask;

    public int Commits { get; private set; }

    public int LargestCommit { get; private set; }

    public async Task<StoredValue?> ReadAsync(string key, CancellationToken stop)
    {
        await BeforeRead(stop);
        return await inner.ReadAsync(key, stop);
    }

    public Task<IReadOnlyList<byte[]?>> ReadManyAsync(IReadOnlyList<string> keys, CancellationToken stop) => inner.ReadManyAsync(keys, stop);

    public async Task<bool> CommitAsync(IReadOnlyDictionary<string, byte[]> writes, string headKey, string? expectedHeadETag, CancellationToken stop)
    {
        Commits++;
        LargestCommit = Math.Max(LargestCommit, writes.Count);
        await BeforeCommit();
        var lost = Lose();
        if (lost == true)
            throw new IOException("The connection broke before the commit.");
        var isCommitted = await inner.CommitAsync(writes, headKey, expectedHeadETag, stop);
        return lost == false ? throw new IOException("The connection broke after the commit.") : isCommitted;
    }
}
