using Microsoft.Data.Sqlite;

namespace Dapr.Sidecar.Storage;

/// <summary>
/// Moves what a write-ahead log holds into its database a moment after it was written. Left to itself SQLite does so within a commit, every thousand pages, and
/// that commit waits until the disk has synced both files: milliseconds that the slowest one of a hundred writers would see.
/// </summary>
internal sealed class Checkpointer : IDisposable
{
    /// <summary>About 64 MB. Writers that never pause keep the log from starting anew; then one of them waits.</summary>
    private const long LongestLog = 16_384;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private readonly SqliteConnection _connection;
    private readonly ManualResetEventSlim _written = new();
    private readonly ManualResetEventSlim _ended = new();
    private readonly Task _running;
    private long _pages;

    /// <param name="connection">Its own from now on.</param>
    public Checkpointer(SqliteConnection connection)
    {
        _connection = connection;
        _running = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public bool IsLogTooLong => Interlocked.Read(ref _pages) > LongestLog;

    public void OnWritten()
    {
        if (!_written.IsSet)
            _written.Set();
    }

    /// <summary>By the writer, between transactions: its next one begins the log anew.</summary>
    public void Restart(SqliteConnection writer)
    {
        writer.Query("PRAGMA wal_checkpoint(RESTART)", r => r.GetInt64(0));
        Interlocked.Exchange(ref _pages, 0);
    }

    public void Dispose()
    {
        _ended.Set();
        _written.Set();
        _running.GetAwaiter().GetResult();
        _connection.Dispose();
        _written.Dispose();
        _ended.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            _written.Wait();
            if (_ended.Wait(Pause))
                return; // closing the last connection moves what is left
            _written.Reset();
            try
            {
                // PASSIVE waits for nobody and lets writers go on.
                Interlocked.Exchange(ref _pages, _connection.Query("PRAGMA wal_checkpoint(PASSIVE)", r => r.GetInt64(1))[0]);
            }
            catch (SqliteException)
            {
                // A full disk or the like: writers meet it too and say so; the log keeps everything until the next time.
            }
        }
    }
}
