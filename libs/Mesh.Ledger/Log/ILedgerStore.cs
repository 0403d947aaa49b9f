namespace Mesh.Ledger.Log;

/// <param name="ETag">Changes with every write of its key.</param>
public sealed record StoredValue(byte[] Value, string ETag);

/// <summary>
/// Where a log lies. Reads see every commit that ended before they began. A store may fail at any time, and then the caller does not know whether a commit was made.
/// </summary>
public interface ILedgerStore
{
    Task<StoredValue?> ReadAsync(string key, CancellationToken stop);

    /// <returns>The values in the order of <paramref name="keys"/>, null for a key that is not there.</returns>
    Task<IReadOnlyList<byte[]?>> ReadManyAsync(IReadOnlyList<string> keys, CancellationToken stop);

    /// <summary>Writes all of it, or nothing when <paramref name="headKey"/> was written since <paramref name="expectedHeadETag"/> was read.</summary>
    /// <param name="writes">Keys and their new values, <paramref name="headKey"/> among them.</param>
    /// <param name="expectedHeadETag">Null: there is no such key yet.</param>
    /// <returns>False when another was first; nothing is written then.</returns>
    Task<bool> CommitAsync(IReadOnlyDictionary<string, byte[]> writes, string headKey, string? expectedHeadETag, CancellationToken stop);
}
