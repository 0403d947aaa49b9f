using System.Diagnostics;

namespace Dapr.Conformance.Tests.Workflows.Hosting;

/// <summary>A child process that logs to a file and dies with its owner's disposal, or with this process, however that ends.</summary>
internal sealed class Child : IAsyncDisposable
{
    private static readonly Lazy<OrphanGuard> Orphans = new(() => new OrphanGuard());
    private readonly Process _process;
    private readonly OrphanGuard _guard;
    private bool _disposed;
    private readonly StreamWriter _log;
    private readonly string _logFile;

    public Child(string file, IEnumerable<string> arguments, string logFile, params (string Key, string Value)[] environment) : this(Orphans.Value, file, arguments, logFile, environment)
    {
    }

    /// <param name="guard">Ends the child when this process is gone.</param>
    public Child(OrphanGuard guard, string file, IEnumerable<string> arguments, string logFile, params (string Key, string Value)[] environment)
    {
        _guard = guard;
        _logFile = logFile;
        _log = new(new FileStream(logFile, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetDirectoryName(logFile)! };
        foreach (var (key, value) in environment)
            start.Environment[key] = value;
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{file} did not start.");
        guard.Watch(_process.Id);
        var id = _process.Id;
        _process.Exited += (_, _) => guard.Forget(id);
        _process.EnableRaisingEvents = true;
        _process.OutputDataReceived += Write;
        _process.ErrorDataReceived += Write;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public bool HasExited => _disposed || _process.HasExited;

    /// <summary>kill -9, and gone when this returns.</summary>
    public async Task KillAsync()
    {
        if (_disposed)
            return;
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(Deadline.After(TimeSpan.FromSeconds(10)));
        _guard.Forget(_process.Id); // at once: the system gives the id of an ended process to another
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        if (_disposed)
            return;
        _disposed = true;
        _process.Dispose();
        lock (_log)
            _log.Dispose();
    }

    /// <summary>Polls an HTTP health address.</summary>
    public async Task WaitForAsync(string url, TimeSpan limit)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        for (var end = Deadline.After(limit); ;)
        {
            try
            {
                using var answer = await http.GetAsync(url, end);
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
            }
            if (_process.HasExited || end.IsCancellationRequested)
                throw new InvalidOperationException($"{url} is not healthy ({(_process.HasExited ? "it exited" : "time is up")}):\n{Tail()}");
            await Task.Delay(50, CancellationToken.None);
        }
    }

    /// <summary>What it wrote so far.</summary>
    public string Log
    {
        get
        {
            using var reader = new StreamReader(new FileStream(_logFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            return reader.ReadToEnd();
        }
    }

    private string Tail() => Log is var text && text.Length > 4000 ? text[^4000..] : text;

    private void Write(object sender, DataReceivedEventArgs e)
    {
        lock (_log)
        {
            if (e.Data is not null && _log.BaseStream is { CanWrite: true })
                _log.WriteLine(e.Data);
        }
    }
}

internal static class Deadline
{
    /// <summary>The longest any single wait of a test may last.</summary>
    public static CancellationToken Soon => After(TimeSpan.FromSeconds(60));

    public static CancellationToken After(TimeSpan limit) => new CancellationTokenSource(limit).Token;
}

/// <summary>A folder of its own, gone after the test unless MESH_TEST_KEEP is set.</summary>
internal sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("mesh-workflows-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        if (Environment.GetEnvironmentVariable("MESH_TEST_KEEP") is { Length: > 0 })
            return;
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            // A killed process may still hold a file for a moment; the folder is in the temp folder anyway.
        }
    }
}
