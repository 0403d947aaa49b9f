using System.Collections.Concurrent;
using System.Diagnostics;

namespace Mesh.EndToEnd.Tests;

/// <summary>AppHost as a process of its own, and what it says.</summary>
internal sealed class AppHostProcess : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(6);

    private AppHostProcess(Process process)
    {
        Process = process;
        process.OutputDataReceived += (_, line) => Add(line.Data);
        process.ErrorDataReceived += (_, line) => Add(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>A session of its own, in which signals do what they do in a terminal: a run in the background ignores some of them, and so would its children.</summary>
    public static string[] Terminal { get; } = ["setsid", "env", "--default-signal"];

    public Process Process { get; }

    public ConcurrentQueue<string> Lines { get; } = new();

    /// <param name="launcher">What starts it, as <see cref="Terminal"/>.</param>
    public static AppHostProcess Start(string[] launcher, params string[] args)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        string[] command = [.. launcher, "dotnet", Path.Combine(Checkout.Root, "AppHost", "bin", own.Parent!.Name, own.Name, "AppHost.dll"), .. args];
        return new(Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!);
    }

    /// <summary>Waits for its end and its last lines.</summary>
    public async Task ExitAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        await Process.WaitForExitAsync(limit.Token);
    }

    public void Dispose()
    {
        if (!Process.HasExited)
            Process.Kill();
        Process.Dispose();
    }

    private void Add(string? line)
    {
        if (line is not null)
            Lines.Enqueue(line);
    }
}
