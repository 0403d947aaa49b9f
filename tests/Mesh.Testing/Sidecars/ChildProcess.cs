using System.Collections.Concurrent;
using System.Diagnostics;

namespace Mesh.Testing.Sidecars;

/// <summary>A process of a test.</summary>
public sealed class ChildProcess : IAsyncDisposable
{
    private const int MostLines = 5000;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private readonly Lock _gate = new();
    private readonly ProcessStartInfo _info;
    private readonly bool _comesBack;
    private readonly string? _lastWords;
    private readonly ConcurrentQueue<string> _lines = [];
    private Process _process;
    private bool _isDisposed;

    /// <param name="comesBack">It is started again, as it was, whenever it ends, as AppHost or Kubernetes would.</param>
    /// <param name="lastWords">A line that has these says that it is beyond help: it is killed.</param>
    public ChildProcess(string program, IEnumerable<string> arguments, string folder, IEnumerable<KeyValuePair<string, string>> environment, bool comesBack, string? lastWords = null)
    {
        (_comesBack, _lastWords) = (comesBack, lastWords);
        _info = new(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
            _info.Environment[name] = value;
        _process = Start();
    }

    /// <summary>Each line that it writes.</summary>
    public event Action<string>? Wrote;

    public string Program => _info.FileName;

    /// <summary>Null while it runs, or comes back.</summary>
    public int? ExitCode => !_comesBack && _process.HasExited ? _process.ExitCode : null;

    /// <summary>The newest lines that it wrote, over all its lives.</summary>
    public IReadOnlyCollection<string> Lines => [.. _lines];

    /// <summary>kill -9, whatever it does.</summary>
    /// <param name="whileDead">Happens before it is started again.</param>
    public void Kill(Action? whileDead = null)
    {
        lock (_gate)
        {
            if (_isDisposed)
                return;
            if (!_process.HasExited)
                _process.Kill();
            if (whileDead is null)
                return;
            _process.WaitForExit();
            whileDead();
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _isDisposed = true;
            if (!_process.HasExited)
                _process.Kill(entireProcessTree: true);
        }
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(10));
        _process.Dispose();
    }

    private Process Start()
    {
        var process = new Process { StartInfo = _info, EnableRaisingEvents = true };
        // A pipe that nobody reads would stop the process once it is full.
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        if (_comesBack)
            process.Exited += (_, _) => _ = StartAgainAsync();
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private async Task StartAgainAsync()
    {
        await Task.Delay(Pause);
        lock (_gate)
        {
            if (_isDisposed)
                return;
            _process.Dispose();
            _process = Start();
        }
    }

    private void Keep(string? line)
    {
        if (line is null)
            return;
        Wrote?.Invoke(line);
        _lines.Enqueue(line);
        if (_lines.Count > MostLines)
            _lines.TryDequeue(out _);
        if (_lastWords is not null && line.Contains(_lastWords, StringComparison.Ordinal))
            Kill();
    }
}
