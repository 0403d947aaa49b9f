using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Mesh.EndToEnd.Tests;

/// <summary>AppHost as a person runs it: a process, with a terminal's signals.</summary>
public sealed partial class AppHostProcessTests : IDisposable
{
    private const int HangUp = 1, Interrupt = 2, Stop = 19;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private readonly string _data = Directory.CreateTempSubdirectory("mesh-host-").FullName;
    private readonly int _port = MeshFixture.FreePort();

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [SkippableTheory, InlineData(Interrupt), InlineData(HangUp)]
    public async Task Interrupted_or_without_its_terminal_it_stops_everything_it_started(int signal)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Signals of a Unix terminal, and setsid to play one.");
        Skip.If(IsIgnored(signal), $"This run ignores signal {signal}, as nohup has it, and so do its children.");
        using var host = await StartAsync(["setsid"]);
        var children = Children(host.Process.Id);
        Assert.True(children.Count >= 4, "Router, two workers and a sidecar were expected.");
        // What a terminal does: everybody in the group gets it.
        Assert.Equal(0, Signal(-host.Process.Id, signal));
        await host.ExitAsync();
        Assert.Equal(0, host.Process.ExitCode);
        await GoneAsync(children);
        Assert.DoesNotContain(host.Lines, line => line.Contains("exited with code") || line.Contains("killed"));
    }

    private static bool IsIgnored(int signal)
    {
        var mask = File.ReadLines("/proc/self/status").First(line => line.StartsWith("SigIgn:"))["SigIgn:".Length..].Trim();
        return (ulong.Parse(mask, System.Globalization.NumberStyles.HexNumber) >> (signal - 1) & 1) == 1;
    }

    [SkippableTheory, InlineData("embedded"), InlineData("daprd")]
    public async Task A_clean_start_shows_no_warning(string sidecar)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Signals of a Unix terminal, and setsid to play one.");
        Skip.If(sidecar == "daprd" && RealDapr.Missing is not null, RealDapr.Missing);
        using var host = await StartAsync(["setsid"], sidecar);
        Assert.Equal(0, Signal(-host.Process.Id, Interrupt));
        await host.ExitAsync();
        Assert.DoesNotContain(host.Lines, line => line.Contains("warn", StringComparison.OrdinalIgnoreCase) || line.Contains("fail:") || line.Contains("error", StringComparison.OrdinalIgnoreCase));
    }

    [SkippableFact]
    public async Task Killed_it_leaves_no_orphan()
    {
        Skip.If(OperatingSystem.IsWindows(), "There is no guard on Windows.");
        using var host = await StartAsync();
        var children = Children(host.Process.Id);
        host.Process.Kill();
        await GoneAsync(children);
    }

    [Fact]
    public async Task A_taken_port_is_named_before_anything_is_started()
    {
        using var holder = new TcpListener(IPAddress.Loopback, _port);
        holder.Start();
        using var host = Run([], $"--Mesh:Port={_port}", $"--Mesh:Data={_data}", "--Mesh:Sidecar=embedded");
        await host.ExitAsync();
        Assert.Equal(1, host.Process.ExitCode);
        Assert.Contains(host.Lines, line => line.Contains($"Port {_port}") && line.Contains("router"));
    }

    [Fact]
    public async Task Help_lists_the_settings()
    {
        using var host = Run([], "--help");
        await host.ExitAsync();
        Assert.Equal(0, host.Process.ExitCode);
        Assert.Contains(host.Lines, line => line.Contains("Mesh__Models"));
    }

    private async Task<Host> StartAsync(string[]? launcher = null, string sidecar = "embedded")
    {
        var host = Run(launcher ?? [], $"--Mesh:Port={_port}", $"--Mesh:Data={_data}", $"--Mesh:Sidecar={sidecar}");
        using var router = new HttpClient { BaseAddress = new($"http://127.0.0.1:{_port}") };
        await MeshFixture.Eventually(async () => (await router.ExpertsAsync()).Count(e => e.State == "ready") == 6, "six experts are ready", Limit);
        return host;
    }

    private static Host Run(string[] launcher, params string[] args)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        string[] command = [.. launcher, "dotnet", Path.Combine(Checkout.Root, "AppHost", "bin", own.Parent!.Name, own.Name, "AppHost.dll"), .. args];
        return new(Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!);
    }

    /// <summary>What the orchestrator that watches AppHost started, and itself; from ps.</summary>
    private static List<int> Children(int host)
    {
        using var ps = Process.Start(new ProcessStartInfo("ps", ["-A", "-o", "pid=,ppid=,args="]) { RedirectStandardOutput = true })!;
        var lines = ps.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        ps.WaitForExit();
        var all = lines.Select(l => l.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries)).Where(p => p.Length == 3).Select(p => (Pid: int.Parse(p[0]), Parent: int.Parse(p[1]), Command: p[2])).ToArray();
        var found = all.Where(p => p.Command.Contains($"start-apiserver --monitor {host} ")).Select(p => p.Pid).ToList();
        for (var known = 0; known < found.Count; known++)
            found.AddRange(all.Where(p => p.Parent == found[known]).Select(p => p.Pid));
        return found;
    }

    private static Task GoneAsync(List<int> processes) =>
        MeshFixture.Eventually(() => Task.FromResult(processes.TrueForAll(pid => Signal(pid, 0) != 0)), "all children are gone", TimeSpan.FromSeconds(30));

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int pid, int signal);

    private sealed class Host : IDisposable
    {
        public Host(Process process)
        {
            Process = process;
            process.OutputDataReceived += (_, line) => Lines.Enqueue(line.Data ?? "");
            process.ErrorDataReceived += (_, line) => Lines.Enqueue(line.Data ?? "");
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
        }

        public Process Process { get; }

        public ConcurrentQueue<string> Lines { get; } = new();

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
    }
}
