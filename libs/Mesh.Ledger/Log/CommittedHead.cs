using System.Text;
using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Signing;

namespace Mesh.Ledger.Log;

/// <summary>The newest checkpoint that a quorum of witnesses cosigned, in the log's store. An entry is committed when it is before its size.</summary>
public sealed class CommittedHead(ILedgerStore store, VerifierKey log)
{
    /// <returns>Null before the first one.</returns>
    public async Task<SignedCheckpoint?> ReadAsync(CancellationToken stop) => Parse(await store.ReadAsync(LedgerKeys.Committed, stop));

    /// <summary>Keeps this head, unless a larger one is there. One of the same size takes its place: its cosignatures are newer.</summary>
    /// <returns>The head that is kept.</returns>
    /// <exception cref="ArgumentException">The log did not sign it, or too few witnesses did.</exception>
    /// <exception cref="LedgerDamagedException">Another tree of that size is committed: the log is forked.</exception>
    public async Task<SignedCheckpoint> AdvanceAsync(SignedCheckpoint head, WitnessPolicy policy, CancellationToken stop)
    {
        if (!head.IsOf(log) || !policy.IsMet(head))
            throw new ArgumentException("A committed head is signed by its log and cosigned by a quorum.", nameof(head));
        while (true)
        {
            var stored = await store.ReadAsync(LedgerKeys.Committed, stop);
            var kept = Parse(stored);
            if (kept is not null && kept.Checkpoint.Size == head.Checkpoint.Size && kept.Checkpoint != head.Checkpoint)
                throw new LedgerDamagedException($"Two trees of {head.Checkpoint.Size} entries are cosigned: {kept.Checkpoint.Root} and {head.Checkpoint.Root}. The log is forked.");
            if (kept is not null && kept.Checkpoint.Size > head.Checkpoint.Size)
                return kept;
            var writes = new Dictionary<string, byte[]> { [LedgerKeys.Committed] = Encoding.UTF8.GetBytes(head.ToString()) };
            if (await store.CommitAsync(writes, LedgerKeys.Committed, stored?.ETag, stop))
                return head;
        }
    }

    /// <summary>
    /// The head by which those before them committed a change of witnesses; null where it was not kept. Who follows the log from its beginning knows no later ones, so it
    /// believes what came before that change by this head alone.
    /// </summary>
    /// <param name="change">The index of the entry that changed them.</param>
    public async Task<SignedCheckpoint?> ReadChangeAsync(long change, CancellationToken stop) => Parse(await store.ReadAsync(LedgerKeys.CommittedChange(change), stop));

    /// <summary>Keeps a head for <see cref="ReadChangeAsync"/>, unless there is one.</summary>
    public async Task KeepChangeAsync(long change, SignedCheckpoint head, CancellationToken stop)
    {
        var key = LedgerKeys.CommittedChange(change);
        if (await store.ReadAsync(key, stop) is null)
            await store.CommitAsync(new Dictionary<string, byte[]> { [key] = Encoding.UTF8.GetBytes(head.ToString()) }, key, null, stop);   // another process may be first, with one as good
    }

    private static SignedCheckpoint? Parse(StoredValue? stored)
    {
        try
        {
            return stored is null ? null : SignedCheckpoint.Parse(Encoding.UTF8.GetString(stored.Value));
        }
        catch (FormatException e)
        {
            throw new LedgerDamagedException($"{LedgerKeys.Committed}: {e.Message}");
        }
    }
}
