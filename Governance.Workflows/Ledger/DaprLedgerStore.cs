using Dapr.Client;
using Governance.Workflows.Hosting;
using Mesh.Ledger.Log;
using Microsoft.Extensions.Options;

namespace Governance.Workflows.Ledger;

/// <summary>The ledger in a Dapr state store: a value a key, and every append one transaction that holds the head's ETag.</summary>
internal sealed class DaprLedgerStore(DaprClient dapr, IOptions<ServiceOptions> options, TimeProvider time) : ILedgerStore
{
    /// <summary>Keys of one bulk read: as many entries of the largest size fit the sidecar's limit of 4 MiB.</summary>
    private const int BulkKeys = 32;
    private static readonly StateOptions FirstWrite = new() { Concurrency = ConcurrencyMode.FirstWrite, Consistency = ConsistencyMode.Strong };

    private string Store => options.Value.StateStore;

    public async Task<StoredValue?> ReadAsync(string key, CancellationToken stop)
    {
        var (value, etag) = await WithinAsync(token => dapr.GetStateAndETagAsync<byte[]?>(Store, key, ConsistencyMode.Strong, null, token), stop);
        return value is null ? null : new(value, etag);
    }

    public async Task<IReadOnlyList<byte[]?>> ReadManyAsync(IReadOnlyList<string> keys, CancellationToken stop)
    {
        if (keys.Count == 1)
            return [(await ReadAsync(keys[0], stop))?.Value];
        var values = new Dictionary<string, byte[]?>(keys.Count, StringComparer.Ordinal);
        foreach (var slice in keys.Chunk(BulkKeys))
            foreach (var item in await WithinAsync(token => dapr.GetBulkStateAsync<byte[]?>(Store, slice, null, cancellationToken: token), stop))
                values[item.Key] = item.Value;
        return [.. keys.Select(k => values.GetValueOrDefault(k))];
    }

    public async Task<bool> CommitAsync(IReadOnlyDictionary<string, byte[]> writes, string headKey, string? expectedHeadETag, CancellationToken stop)
    {
        var head = new StateTransactionRequest(headKey, Json(writes[headKey]), StateOperationType.Upsert, expectedHeadETag, options: FirstWrite);
        StateTransactionRequest[] all = [head, .. writes.Where(w => w.Key != headKey).Select(w => new StateTransactionRequest(w.Key, Json(w.Value), StateOperationType.Upsert))];
        try
        {
            await WithinAsync(async token =>
            {
                await dapr.ExecuteStateTransactionAsync(Store, all, null, token);
                return true;
            }, stop);
            return true;
        }
        catch (LedgerAwayException fault)
        {
            if (fault.Message.Contains("etag", StringComparison.OrdinalIgnoreCase))
                return false;
            // Whether it was written is not known. What the head is now tells: ours, another's, or the old one, and then nothing was.
            var now = await ReadAsync(headKey, stop);
            if (now is not null && now.Value.AsSpan().SequenceEqual(writes[headKey]))
                return true;
            if (now?.ETag == expectedHeadETag)
                throw;
            return false;
        }
    }

    private static byte[] Json(byte[] value) => System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(value);

    private async Task<T> WithinAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken stop)
    {
        using var deadline = new CancellationTokenSource(options.Value.StorePatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, stop);
        try
        {
            return await call(either.Token);
        }
        catch (Exception fault) when (!stop.IsCancellationRequested)
        {
            throw new LedgerAwayException($"The state store '{Store}' does not answer: {fault.GetBaseException().Message}", fault);
        }
    }
}

/// <summary>The ledger cannot be read or written now.</summary>
internal sealed class LedgerAwayException(string message, Exception? inner = null) : Exception(message, inner);
