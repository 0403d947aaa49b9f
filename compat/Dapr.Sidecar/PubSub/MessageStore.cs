using Dapr.Sidecar.Storage;
using Microsoft.Data.Sqlite;

namespace Dapr.Sidecar.PubSub;

/// <summary>A message on its way to one app.</summary>
internal sealed record Message(long Id, string AppId, string PubSub, string Topic, byte[] Payload);

/// <summary>Messages on disk until their app took them, and who takes which topics, so that a message that comes before its app does is kept.</summary>
internal sealed class MessageStore : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private readonly Database _database;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private List<long> _taken = [];

    public MessageStore(Database database, TimeProvider time)
    {
        (_database, _time) = (database, time);
        _database.WriteAsync(c => c.Execute("""
            CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY AUTOINCREMENT, app TEXT NOT NULL, pubsub TEXT NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL);
            CREATE INDEX IF NOT EXISTS messages_of_app ON messages (app, id);
            CREATE TABLE IF NOT EXISTS subscribers (app TEXT NOT NULL, pubsub TEXT NOT NULL, topic TEXT NOT NULL, PRIMARY KEY (app, pubsub, topic)) WITHOUT ROWID
            """)).GetAwaiter().GetResult();
    }

    public IReadOnlyList<(string App, string PubSub, string Topic)> Subscribers() =>
        _database.Read(c => c.Query("SELECT app, pubsub, topic FROM subscribers", r => (r.GetString(0), r.GetString(1), r.GetString(2))));

    public Task SetSubscribersAsync(string app, IEnumerable<(string PubSub, string Topic)> topics) => _database.WriteAsync(c =>
    {
        c.Execute("DELETE FROM subscribers WHERE app = $0", app);
        foreach (var (pubSub, topic) in topics)
            c.Execute("INSERT OR IGNORE INTO subscribers (app, pubsub, topic) VALUES ($0, $1, $2)", app, pubSub, topic);
    });

    /// <summary>Each new message, in the order in which they came to the disk.</summary>
    public event Action<Message>? Added;

    /// <summary>On disk when this returns; all or none of the payloads.</summary>
    public Task AddAsync(IReadOnlyList<string> apps, string pubSub, string topic, IReadOnlyList<byte[]> payloads, CancellationToken cancellationToken) => _database.WriteAsync(c =>
    {
        ForgetTaken(c);
        return payloads.SelectMany(payload => apps.Select(app => Insert(c, app, pubSub, topic, payload))).ToArray();
    }, Tell, cancellationToken);

    public IReadOnlyList<Message> After(string app, long id, int count) => _database.Read(c => c.Query(
        "SELECT id, app, pubsub, topic, payload FROM messages WHERE app = $0 AND id > $1 ORDER BY id LIMIT $2",
        r => new Message(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), (byte[])r[4]), app, id, count));

    /// <summary>
    /// Forgotten with the next message or a moment later, so that taking one never stands in the way of the next; one whose process is killed before comes again.
    /// </summary>
    public void Taken(Message message)
    {
        bool first;
        lock (_gate)
        {
            first = _taken.Count == 0;
            _taken.Add(message.Id);
        }
        if (first)
            _ = ForgetSoonAsync();
    }

    /// <summary>It was given up: a copy for each of <paramref name="apps"/> takes its place in the same step.</summary>
    public Task MoveAsync(Message message, IReadOnlyList<string> apps, string topic) => _database.WriteAsync(c =>
    {
        c.Execute("DELETE FROM messages WHERE id = $0", message.Id);
        return apps.Select(app => Insert(c, app, message.PubSub, topic, message.Payload)).ToArray();
    }, Tell, CancellationToken.None);

    public async ValueTask DisposeAsync() => await _database.WriteAsync(ForgetTaken);

    private static Message Insert(SqliteConnection connection, string app, string pubSub, string topic, byte[] payload)
    {
        connection.Execute("INSERT INTO messages (app, pubsub, topic, payload) VALUES ($0, $1, $2, $3)", app, pubSub, topic, payload);
        return new(SQLitePCL.raw.sqlite3_last_insert_rowid(connection.Handle), app, pubSub, topic, payload);
    }

    private void Tell(Message[] messages)
    {
        foreach (var message in messages)
            Added?.Invoke(message);
    }

    private async Task ForgetSoonAsync()
    {
        await Task.Delay(Pause, _time);
        lock (_gate)
            if (_taken.Count == 0)
                return; // a new message took them along
        await _database.WriteAsync(ForgetTaken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // closed or failing: they come again
    }

    private void ForgetTaken(SqliteConnection connection)
    {
        List<long> taken;
        lock (_gate)
        {
            if (_taken.Count == 0)
                return;
            (taken, _taken) = (_taken, []);
        }
        foreach (var id in taken)
            connection.Execute("DELETE FROM messages WHERE id = $0", id);
    }
}
