using Dapr.Sidecar.Components;
using Dapr.Sidecar.Storage;
using Microsoft.Data.Sqlite;

namespace Dapr.Sidecar.State;

internal sealed record StateEntry(byte[] Value, string ETag, DateTimeOffset? Expires);

/// <param name="ETag">Write only over this version; empty is any.</param>
/// <param name="FirstWrite">Without an ETag: only where nothing is yet.</param>
internal sealed record StateWrite(string Key, byte[]? Value, string? ETag = null, bool FirstWrite = false, TimeSpan? Ttl = null)
{
    public bool IsDelete => Value is null;
}

internal sealed class ETagMismatch() : Exception("possible etag mismatch. error from state store");

/// <summary>One state component: keys with values, versions and times to live. An acknowledged write is on disk.</summary>
internal sealed class StateStore : IAsyncDisposable
{
    private readonly Database _database;
    private readonly TimeProvider _time;

    public StateStore(Component component, Database database, TimeProvider time)
    {
        (Component, _database, _time) = (component, database, time);
        // Not the table of daprd's own sqlite component: both may meet in one file.
        _database.WriteAsync(c => c.Execute("""
            CREATE TABLE IF NOT EXISTS embedded_state (key TEXT PRIMARY KEY, value BLOB NOT NULL, etag TEXT NOT NULL, expires INTEGER) WITHOUT ROWID
            """)).GetAwaiter().GetResult();
    }

    public Component Component { get; }

    public StateEntry? Get(string key) => _database.Read(c => Find(c, key));

    public IReadOnlyList<(string Key, StateEntry? Entry)> GetMany(IEnumerable<string> keys) =>
        _database.Read(c => keys.Select(k => (k, Find(c, k))).ToArray());

    /// <summary>All or none of the writes.</summary>
    /// <exception cref="ETagMismatch">One of them met another version.</exception>
    public Task WriteAsync(IReadOnlyList<StateWrite> writes, CancellationToken cancellationToken) => _database.WriteAsync(connection =>
    {
        foreach (var write in writes)
            Apply(connection, write);
    }, cancellationToken);

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    private void Apply(SqliteConnection connection, StateWrite write)
    {
        var conditional = !string.IsNullOrEmpty(write.ETag);
        if (conditional || write.FirstWrite)
        {
            var present = Find(connection, write.Key);
            if (conditional ? present?.ETag != write.ETag : present is not null && !write.IsDelete)
                throw new ETagMismatch();
        }
        if (write.Value is null)
        {
            connection.Execute("DELETE FROM embedded_state WHERE key = $0", write.Key);
            return;
        }
        var expires = write.Ttl is { } ttl && ttl > TimeSpan.Zero ? (_time.GetUtcNow() + ttl).ToUnixTimeMilliseconds() : (long?)null;
        connection.Execute("INSERT OR REPLACE INTO embedded_state (key, value, etag, expires) VALUES ($0, $1, $2, $3)",
            write.Key, write.Value, Guid.NewGuid().ToString(), expires);
    }

    private StateEntry? Find(SqliteConnection connection, string key)
    {
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        var found = connection.Query("SELECT value, etag, expires FROM embedded_state WHERE key = $0 AND (expires IS NULL OR expires > $1)",
            r => new StateEntry((byte[])r[0], r.GetString(1), r.IsDBNull(2) ? null : DateTimeOffset.FromUnixTimeMilliseconds(r.GetInt64(2))), key, now);
        return found.Count > 0 ? found[0] : null;
    }
}
