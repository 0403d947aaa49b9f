using System.Diagnostics;

namespace Dapr.Conformance.Tests.Workflows.Hosting;

/// <summary>
/// Leaves no orphan however its owner ends: a shell reads the ids of living children from a pipe, and kills them, each with the group that it leads, when
/// the pipe breaks because its other end is gone. On Windows there is none; children outlive a killed AppHost there.
/// </summary>
internal sealed class OrphanGuard : IDisposable
{
    // Signals of a terminal reach the shell too; only the end of the pipe may end it.
    private const string Script = """
        trap '' INT TERM HUP
        pids=
        while read -r what pid; do
          case $what in
            +) pids="$pids $pid " ;;
            -) pids=$(printf '%s' "$pids" | sed "s/ $pid //g") ;;
          esac
        done
        for pid in $pids; do
          kill -s KILL -- "-$pid" 2>/dev/null
          kill -s KILL "$pid" 2>/dev/null
        done
        """;

    private readonly Process? _shell;
    private bool _disposed;
    private readonly Lock _gate = new();

    public OrphanGuard()
    {
        if (!OperatingSystem.IsWindows())
            _shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Script]) { RedirectStandardInput = true, UseShellExecute = false });
    }

    public void Watch(int pid) => Tell($"+ {pid}");

    public void Forget(int pid) => Tell($"- {pid}");

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _shell?.StandardInput.Dispose();
        _shell?.Dispose();
    }

    private void Tell(string line)
    {
        if (_shell is null || _disposed)
            return;
        lock (_gate)
        {
            _shell.StandardInput.WriteLine(line);
            _shell.StandardInput.Flush();
        }
    }
}
