using Dapr.Sidecar.Storage;

namespace Dapr.Sidecar.PubSub;

/// <summary>A message on its way to one app.</summary>
internal sealed record Message(long Id, string AppId, string PubSub, string Topic, byte[] Payload);

/// <summary>Messages on disk until their app took them, and who takes which topics, so that a message that comes before its app does is kept.</summary>
internal sealed class MessageStore
{
    private readonly Database _database;

    public MessageStore(Database database)
    {
        _database = database;
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

    /// <summary>On disk when this returns; all or none of the payloads.</summary>
    public Task AddAsync(IReadOnlyList<string> apps, string pubSub, string topic, IReadOnlyList<byte[]> payloads, CancellationToken cancellationToken) => _database.WriteAsync(c =>
    {
        foreach (var payload in payloads)
            foreach (var app in apps)
                c.Execute("INSERT INTO messages (app, pubsub, topic, payload) VALUES ($0, $1, $2, $3)", app, pubSub, topic, payload);
    }, cancellationToken);

    public IReadOnlyList<Message> After(string app, long id, int count) => _database.Read(c => c.Query(
        "SELECT id, app, pubsub, topic, payload FROM messages WHERE app = $0 AND id > $1 ORDER BY id LIMIT $2",
        r => new Message(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), (byte[])r[4]), app, id, count));

    /// <summary>It was taken, or given up; then the dead letter takes its place in the same step.</summary>
    public Task DoneAsync(Message message, IReadOnlyList<string> deadLetterApps, string deadLetterTopic) => _database.WriteAsync(c =>
    {
        c.Execute("DELETE FROM messages WHERE id = $0", message.Id);
        foreach (var app in deadLetterApps)
            c.Execute("INSERT INTO messages (app, pubsub, topic, payload) VALUES ($0, $1, $2, $3)", app, message.PubSub, deadLetterTopic, message.Payload);
    });
}
