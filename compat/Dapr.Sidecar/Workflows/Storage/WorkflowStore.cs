using Dapr.Sidecar.Hosting;
using Dapr.Sidecar.Storage;
using Dapr.Workflow.Wire;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Data.Sqlite;

namespace Dapr.Sidecar.Workflows.Storage;

/// <summary>The tables of the workflow engine. Rows are small: a turn appends its events as one chunk and touches the instance's row.</summary>
internal sealed partial class WorkflowStore : IAsyncDisposable
{
    private const string Schema = """
        CREATE TABLE IF NOT EXISTS workflow_instance(key INTEGER PRIMARY KEY, app TEXT NOT NULL, id TEXT NOT NULL, generation INTEGER NOT NULL, start BLOB NOT NULL,
            updated BLOB NOT NULL, suspended INTEGER NOT NULL, custom_status TEXT, ended BLOB, UNIQUE(app, id));
        CREATE TABLE IF NOT EXISTS workflow_history(key INTEGER NOT NULL, chunk INTEGER NOT NULL, events BLOB NOT NULL, PRIMARY KEY(key, chunk)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS workflow_inbox(key INTEGER NOT NULL, seq INTEGER NOT NULL, event BLOB NOT NULL, PRIMARY KEY(key, seq)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS workflow_timer(key INTEGER NOT NULL, generation INTEGER NOT NULL, id INTEGER NOT NULL, event BLOB NOT NULL,
            PRIMARY KEY(key, generation, id)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS workflow_task(key INTEGER NOT NULL, generation INTEGER NOT NULL, id INTEGER NOT NULL, app TEXT NOT NULL, request BLOB NOT NULL,
            PRIMARY KEY(key, generation, id)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS workflow_outbox(seq INTEGER PRIMARY KEY, app TEXT NOT NULL, target TEXT NOT NULL, execution TEXT, event BLOB NOT NULL);
        """;

    private readonly IHostApplicationLifetime _lifetime;
    private readonly ILogger<WorkflowStore> _logger;
    private readonly Database _database;

    public WorkflowStore(SidecarOptions options, IHostApplicationLifetime lifetime, ILogger<WorkflowStore> logger)
    {
        (_lifetime, _logger) = (lifetime, logger);
        _database = Database.OpenFile(Path.Combine(options.StateDirectory, "workflows.db"));
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    public Task CreateTablesAsync(CancellationToken cancellationToken) => _database.WriteAsync(c => c.Execute(Schema), cancellationToken);

    /// <summary>
    /// One transaction. It takes its place in the order of commits before this returns, so a caller that holds an instance's gate may let go before it is done.
    /// A write that fails leaves memory ahead of the disk: the process ends, and the next one starts from the disk.
    /// </summary>
    public Task CommitAsync(Action<SqliteConnection> write)
    {
        var commit = _database.WriteAsync(write, CancellationToken.None);
        return commit.IsCompletedSuccessfully ? commit : Watched();

        async Task Watched()
        {
            try
            {
                await commit;
            }
            catch (Exception fault)
            {
                LogLost(fault);
                Environment.ExitCode = 1;
                _lifetime.StopApplication();
                throw;
            }
        }
    }

    public T Read<T>(Func<SqliteConnection, T> read) => _database.Read(read);

    public static void InsertInstance(SqliteConnection c, string app, WorkflowInstance i) =>
        c.Execute("INSERT INTO workflow_instance VALUES($0, $1, $2, $3, $4, $5, 0, NULL, NULL)", i.Key, app, i.Id, i.Generation, i.Start.ToByteArray(), i.Updated.ToByteArray());

    public static void InsertInbox(SqliteConnection c, long key, InboxEntry entry) =>
        c.Execute("INSERT INTO workflow_inbox VALUES($0, $1, $2)", key, entry.Seq, entry.Event.ToByteArray());

    public static void DeleteInbox(SqliteConnection c, long key, long upTo) =>
        c.Execute("DELETE FROM workflow_inbox WHERE key = $0 AND seq <= $1", key, upTo);

    public static void InsertChunk(SqliteConnection c, long key, int chunk, HistoryChunk events) =>
        c.Execute("INSERT INTO workflow_history VALUES($0, $1, $2)", key, chunk, events.ToByteArray());

    public static void InsertTimer(SqliteConnection c, long key, int generation, DueTimer timer) =>
        c.Execute("INSERT INTO workflow_timer VALUES($0, $1, $2, $3)", key, generation, timer.Id, timer.Fired.ToByteArray());

    public static void DeleteTimer(SqliteConnection c, long key, int generation, int id) =>
        c.Execute("DELETE FROM workflow_timer WHERE key = $0 AND generation = $1 AND id = $2", key, generation, id);

    public static void InsertTask(SqliteConnection c, long key, int generation, NewTask task) =>
        c.Execute("INSERT INTO workflow_task VALUES($0, $1, $2, $3, $4)", key, generation, task.Request.TaskId, task.App, task.Request.ToByteArray());

    public static void DeleteTask(SqliteConnection c, long key, int generation, int id) =>
        c.Execute("DELETE FROM workflow_task WHERE key = $0 AND generation = $1 AND id = $2", key, generation, id);

    public static void InsertMessage(SqliteConnection c, long seq, Message message) =>
        c.Execute("INSERT INTO workflow_outbox VALUES($0, $1, $2, $3, $4)", seq, message.App, message.Target, message.Execution, message.Event.ToByteArray());

    public static void DeleteMessage(SqliteConnection c, long seq) => c.Execute("DELETE FROM workflow_outbox WHERE seq = $0", seq);

    public static void Touch(SqliteConnection c, WorkflowInstance i, Timestamp updated, bool suspended, string? customStatus, ExecutionCompletedEvent? ended) =>
        c.Execute("UPDATE workflow_instance SET updated = $1, suspended = $2, custom_status = $3, ended = $4 WHERE key = $0",
            i.Key, updated.ToByteArray(), suspended, customStatus, ended?.ToByteArray());

    /// <summary>Its events and timers go with it; activities it left behind still run.</summary>
    public static void End(SqliteConnection c, long key)
    {
        c.Execute("DELETE FROM workflow_inbox WHERE key = $0", key);
        c.Execute("DELETE FROM workflow_timer WHERE key = $0", key);
    }

    public static void Restart(SqliteConnection c, long key, int generation, HistoryEvent start)
    {
        c.Execute("DELETE FROM workflow_history WHERE key = $0", key);
        End(c, key);
        c.Execute("UPDATE workflow_instance SET generation = $1, start = $2 WHERE key = $0", key, generation, start.ToByteArray());
    }

    public static void Delete(SqliteConnection c, long key)
    {
        End(c, key);
        c.Execute("DELETE FROM workflow_history WHERE key = $0", key);
        c.Execute("DELETE FROM workflow_task WHERE key = $0", key);
        c.Execute("DELETE FROM workflow_instance WHERE key = $0", key);
    }

    public static void DeleteById(SqliteConnection c, string app, string id)
    {
        foreach (var key in c.Query("SELECT key FROM workflow_instance WHERE app = $0 AND id = $1", r => r.GetInt64(0), app, id))
            Delete(c, key);
    }

    [LoggerMessage(LogLevel.Critical, "A workflow's change could not be written; the sidecar stops.")]
    private partial void LogLost(Exception fault);
}
