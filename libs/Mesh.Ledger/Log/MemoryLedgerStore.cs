using System.Globalization;

namespace Mesh.Ledger.Log;

/// <summary>A store that lasts as long as its process: for tests, simulations and trials.</summary>
public sealed class MemoryLedgerStore : ILedgerStore
{
    private readonly Dictionary<string, StoredValue> _values = [];
    private readonly Lock _lock = new();
    private long _writes;

    /// <summary>What is in it, by key; a copy.</summary>
    public IReadOnlyDictionary<string, byte[]> Values
    {
        get
        {
            lock (_lock)
                return _values.ToDictionary(v => v.Key, v => v.Value.Value);
        }
    }

    public Task<StoredValue?> ReadAsync(string key, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        lock (_lock)
            return Task.FromResult(_values.GetValueOrDefault(key));
    }

    public Task<IReadOnlyList<byte[]?>> ReadManyAsync(IReadOnlyList<string> keys, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        lock (_lock)
            return Task.FromResult<IReadOnlyList<byte[]?>>([.. keys.Select(key => _values.GetValueOrDefault(key)?.Value)]);
    }

    public Task<bool> CommitAsync(IReadOnlyDictionary<string, byte[]> writes, string headKey, string? expectedHeadETag, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        if (!writes.ContainsKey(headKey))
            throw new ArgumentException("A commit writes its head.", nameof(writes));
        lock (_lock)
        {
            if (_values.GetValueOrDefault(headKey)?.ETag != expectedHeadETag)
                return Task.FromResult(false);
            foreach (var (key, value) in writes)
                _values[key] = new(value, (++_writes).ToString(CultureInfo.InvariantCulture));
            return Task.FromResult(true);
        }
    }
}
