using Dapr.Sidecar.Storage;
using Microsoft.Data.Sqlite;

namespace Dapr.Sidecar.Actors.Reminders;

/// <summary>Reminders on disk. An acknowledged one ticks, whatever dies.</summary>
internal sealed class ReminderStore
{
    private readonly Database _database;

    public ReminderStore(Database database)
    {
        _database = database;
        _database.WriteAsync(c => c.Execute("""
            CREATE TABLE IF NOT EXISTS reminders (type TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, due TEXT NOT NULL, period INTEGER, data BLOB,
                next INTEGER NOT NULL, left INTEGER NOT NULL, ends INTEGER, version INTEGER NOT NULL, PRIMARY KEY (type, id, name)) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS reminder_versions (last INTEGER NOT NULL);
            INSERT INTO reminder_versions SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM reminder_versions)
            """)).GetAwaiter().GetResult();
    }

    public IReadOnlyList<Reminder> All() => _database.Read(c => c.Query($"SELECT {Columns} FROM reminders", Row));

    public Reminder? Find(ActorKey actor, string name) => _database.Read(c =>
        c.Query($"SELECT {Columns} FROM reminders WHERE type = $0 AND id = $1 AND name = $2", Row, actor.Type, actor.Id, name).FirstOrDefault());

    /// <summary>Sets or replaces it; with its new version.</summary>
    public Task<Reminder> SetAsync(Reminder reminder, CancellationToken cancellationToken) => _database.WriteAsync(c =>
    {
        c.Execute("UPDATE reminder_versions SET last = last + 1");
        var version = c.Query("SELECT last FROM reminder_versions", r => r.GetInt64(0))[0];
        c.Execute("INSERT OR REPLACE INTO reminders (type, id, name, due, period, data, next, left, ends, version) VALUES ($0, $1, $2, $3, $4, $5, $6, $7, $8, $9)",
            reminder.Actor.Type, reminder.Actor.Id, reminder.Name, reminder.DueTime, reminder.Period?.Ticks, reminder.Data,
            reminder.Next.UtcTicks, reminder.Left, reminder.Ends?.UtcTicks, version);
        return reminder with { Version = version };
    }, cancellationToken);

    public Task DeleteAsync(ActorKey actor, string name, CancellationToken cancellationToken) => _database.WriteAsync(c =>
        c.Execute("DELETE FROM reminders WHERE type = $0 AND id = $1 AND name = $2", actor.Type, actor.Id, name), cancellationToken);

    /// <summary>Notes a tick: <paramref name="next"/> is null after the last. False when it was replaced or deleted meanwhile.</summary>
    public Task<bool> TickedAsync(Reminder reminder, Reminder? next, CancellationToken cancellationToken) => _database.WriteAsync(c => (next is null
        ? c.Execute("DELETE FROM reminders WHERE type = $0 AND id = $1 AND name = $2 AND version = $3", reminder.Actor.Type, reminder.Actor.Id, reminder.Name, reminder.Version)
        : c.Execute("UPDATE reminders SET next = $4, left = $5 WHERE type = $0 AND id = $1 AND name = $2 AND version = $3",
            reminder.Actor.Type, reminder.Actor.Id, reminder.Name, reminder.Version, next.Next.UtcTicks, next.Left)) == 1, cancellationToken);

    private const string Columns = "type, id, name, due, period, data, next, left, ends, version";

    private static Reminder Row(SqliteDataReader r) => new(
        new(r.GetString(0), r.GetString(1)), r.GetString(2), r.GetString(3), r.IsDBNull(4) ? null : new TimeSpan(r.GetInt64(4)), r.IsDBNull(5) ? null : (byte[])r[5],
        new(r.GetInt64(6), TimeSpan.Zero), r.GetInt32(7), r.IsDBNull(8) ? null : new DateTimeOffset(r.GetInt64(8), TimeSpan.Zero), r.GetInt64(9));
}
