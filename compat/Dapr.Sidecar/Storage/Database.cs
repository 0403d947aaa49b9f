using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace Dapr.Sidecar.Storage;

/// <summary>
/// One SQLite file in WAL mode. A write that meets no other runs where it is; the rest queue for a thread that takes all of them into one transaction, so that
/// many small writes share one; a write that throws is rolled back alone. Reads use connections of their own and never wait for the writer. An acknowledged write outlives kill -9 of
/// the process; only a power cut may take the last moments, which is fair for a developer's machine. No write waits for a disk: <see cref="Checkpointer"/> does.
/// </summary>
internal sealed class Database : IAsyncDisposable
{
    private const int GroupLimit = 512;
    private readonly string _connectionString;
    private readonly SqliteConnection _writer;
    private readonly ConcurrentBag<SqliteConnection> _readers = [];
    private readonly Channel<Write> _queue = Channel.CreateBounded<Write>(new BoundedChannelOptions(4096) { SingleReader = true, AllowSynchronousContinuations = true });
    private readonly Lock _writing = new();
    private readonly Checkpointer _checkpointer;
    private readonly Task _running;
    private bool _closed;

    private readonly string _pragmas;

    private Database(string path, bool durable)
    {
        _connectionString = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString();
        _pragmas = $"PRAGMA journal_mode=WAL; PRAGMA synchronous={(durable ? "NORMAL" : "OFF")}; PRAGMA busy_timeout=5000; PRAGMA wal_autocheckpoint=0;";
        _writer = Open();
        _checkpointer = new(Open());
        // A thread of its own: SQLite blocks, and on two cores the pool has but two threads to spare.
        _running = Task.Factory.StartNew(WriteLoop, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Opens or makes the file.</summary>
    public static Database OpenFile(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        return new(path, durable: true);
    }

    /// <summary>Starts empty and is never synced: what it holds ends with the process. Readers of SQLite's own memory mode would wait for the writer.</summary>
    public static Database OpenFresh(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        foreach (var ending in new[] { "", "-wal", "-shm" })
            File.Delete(path + ending);
        return new(path, durable: false);
    }

    /// <summary>Runs <paramref name="write"/> in a transaction; completes when it is durable. It has its place in the order of commits when this returns.</summary>
    /// <param name="committed">Told right after the commit, one at a time and in the order of commits: it must be quick.</param>
    public async Task<T> WriteAsync<T>(Func<SqliteConnection, T> write, Action<T>? committed, CancellationToken cancellationToken)
    {
        var pending = new Write<T>(write, committed);
        if (TryRunHere(pending))
            return await pending.Task;
        await _queue.Writer.WriteAsync(pending, cancellationToken);
        // From here on it happens; giving up the wait would only hide whether it did.
        return await pending.Task;
    }

    public Task<T> WriteAsync<T>(Func<SqliteConnection, T> write, CancellationToken cancellationToken = default) => WriteAsync(write, null, cancellationToken);

    public Task WriteAsync(Action<SqliteConnection> write, CancellationToken cancellationToken = default) => WriteAsync(connection =>
    {
        write(connection);
        return true;
    }, null, cancellationToken);

    public T Read<T>(Func<SqliteConnection, T> read)
    {
        if (!_readers.TryTake(out var connection))
            connection = Open();
        try
        {
            return read(connection);
        }
        finally
        {
            _readers.Add(connection);
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_writing)
            _closed = true;
        _queue.Writer.TryComplete();
        await _running;
        _checkpointer.Dispose();
        _writer.Dispose();
        foreach (var reader in _readers)
            reader.Dispose();
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(_connectionString);
        connection.Open();
        connection.Execute(_pragmas);
        return connection;
    }

    /// <summary>Two changes of thread take longer than a small transaction, and much longer on a busy machine.</summary>
    private bool TryRunHere(Write write)
    {
        if (!_writing.TryEnter())
            return false;
        try
        {
            if (_closed || _queue.Reader.Count > 0)
                return false; // others were here before
            Run([write]);
            return true;
        }
        finally
        {
            _writing.Exit();
        }
    }

    private void WriteLoop()
    {
        var group = new List<Write>();
        while (_queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
            lock (_writing)
            {
                group.Clear();
                while (group.Count < GroupLimit && _queue.Reader.TryRead(out var write))
                    group.Add(write);
                Run(group);
            }
    }

    private void Run(List<Write> group)
    {
        try
        {
            if (_checkpointer.IsLogTooLong)
                _checkpointer.Restart(_writer);
            _writer.Execute("BEGIN IMMEDIATE");
            if (group is [var single])
                _writer.Execute(single.TryRun(_writer) ? "COMMIT" : "ROLLBACK");
            else
            {
                foreach (var write in group)
                    RunOne(write);
                _writer.Execute("COMMIT");
            }
        }
        catch (SqliteException fault)
        {
            try
            {
                _writer.Execute("ROLLBACK");
            }
            catch (SqliteException)
            {
                // It was rolled back already.
            }
            foreach (var write in group)
                write.Fail(fault);
            return;
        }
        foreach (var write in group)
            write.Acknowledge();
        _checkpointer.OnWritten();
    }

    private void RunOne(Write write)
    {
        _writer.Execute("SAVEPOINT one");
        if (!write.TryRun(_writer))
            _writer.Execute("ROLLBACK TO one");
        _writer.Execute("RELEASE one");
    }

    private abstract class Write
    {
        public abstract bool TryRun(SqliteConnection connection);
        public abstract void Acknowledge();
        public abstract void Fail(Exception fault);
    }

    private sealed class Write<T>(Func<SqliteConnection, T> write, Action<T>? committed) : Write
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Exception? _fault;
        private T? _result;

        public Task<T> Task => _done.Task;

        public override bool TryRun(SqliteConnection connection)
        {
            try
            {
                _result = write(connection);
                return true;
            }
            catch (Exception fault)
            {
                _fault = fault;
                return false;
            }
        }

        public override void Acknowledge()
        {
            if (_fault is not null)
            {
                _done.TrySetException(_fault);
                return;
            }
            committed?.Invoke(_result!);
            _done.TrySetResult(_result!);
        }

        public override void Fail(Exception fault) => _done.TrySetException(_fault ?? fault);
    }
}
