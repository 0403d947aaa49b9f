using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Mesh.EndToEnd.Tests;

/// <summary>AppHost as a person runs it: a process, with a terminal's signals.</summary>
public sealed partial class AppHostProcessTests : IDisposable
{
    private const int HangUp = 1, Interrupt = 2, Kill = 9, Terminate = 15, Stop = 19;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(6);
    private readonly string _data = Directory.CreateTempSubdirectory("mesh-host-").FullName;
    private readonly int _port = MeshFixture.FreePort();

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [SkippableTheory, InlineData(Interrupt), InlineData(HangUp), InlineData(Terminate)]
    public async Task Told_to_end_or_without_its_terminal_it_stops_everything_it_started(int signal)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Signals of a Unix terminal, and setsid to play one.");
        using var host = await StartAsync(AppHostProcess.Terminal);
        var children = Children(host.Process.Id);
        Assert.True(children.Count >= 5, "Router, two workers, a sidecar and the dashboard were expected.");
        // What a terminal does: everybody in the group gets it.
        Assert.Equal(0, Signal(-host.Process.Id, signal));
        await host.ExitAsync();
        Assert.Equal(0, host.Process.ExitCode);
        await GoneAsync(children);
        Assert.Contains(host.Lines, line => line.StartsWith("Stopped everything"));
        Assert.DoesNotContain(host.Lines, line => line.Contains("exited with code") || line.Contains("killed"));
    }

    [SkippableTheory, InlineData(200), InlineData(1500), InlineData(3000)]
    public async Task Interrupted_while_it_starts_it_ends_without_a_word_of_failure(int milliseconds)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Signals of a Unix terminal, and setsid to play one.");
        using var host = AppHostProcess.Start(AppHostProcess.Terminal, $"--Mesh:Port={_port}", $"--Mesh:Data={_data}", "--Mesh:Sidecar=embedded");
        await MeshFixture.Eventually(() => Task.FromResult(host.Lines.Any(line => line.StartsWith("Starting"))), "it is starting", Limit);
        await Task.Delay(milliseconds);
        Assert.Equal(0, Signal(-host.Process.Id, Interrupt));
        await host.ExitAsync();
        Assert.Equal(0, host.Process.ExitCode);
        Assert.Contains("Stopping.", host.Lines);
        Assert.DoesNotContain(host.Lines, line => line.Contains("fail:") || line.Contains("Exception"));
        // Nothing is left that would hold the folder or the port.
        using var next = await StartAsync(AppHostProcess.Terminal);
    }

    [SkippableFact]
    public async Task Interrupted_twice_it_waits_for_nobody_and_leaves_no_orphan()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Signals of a Unix terminal, and setsid to play one.");
        using var host = await StartAsync(AppHostProcess.Terminal);
        var children = Children(host.Process.Id);
        // They obey nothing any more, so that the first interrupt has to wait for them.
        foreach (var child in children)
            Assert.Equal(0, Signal(child, Stop));
        Assert.Equal(0, Signal(-host.Process.Id, Interrupt));
        await MeshFixture.Eventually(() => Task.FromResult(host.Lines.Contains("Stopping.")), "it is stopping", Limit);
        Assert.Equal(0, Signal(-host.Process.Id, Interrupt));
        await host.ExitAsync();
        Assert.Equal(130, host.Process.ExitCode);
        await GoneAsync(children);
        Assert.DoesNotContain(host.Lines, line => line.StartsWith("Stopped everything"));
    }

    [SkippableTheory, InlineData("embedded"), InlineData("daprd")]
    public async Task A_clean_start_shows_no_warning(string sidecar)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Signals of a Unix terminal, and setsid to play one.");
        Skip.If(sidecar == "daprd" && RealDapr.Missing is not null, RealDapr.Missing);
        using var host = await StartAsync(AppHostProcess.Terminal, sidecar);
        Assert.Equal(0, Signal(-host.Process.Id, Interrupt));
        await host.ExitAsync();
        Assert.DoesNotContain(host.Lines, line => line.Contains("warn", StringComparison.OrdinalIgnoreCase) || line.Contains("fail:") || line.Contains("error", StringComparison.OrdinalIgnoreCase));
    }

    [SkippableTheory, InlineData("embedded", false), InlineData("embedded", true), InlineData("daprd", true)]
    public async Task Killed_alone_or_with_its_group_it_leaves_no_orphan(string sidecar, bool group)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "The guard is Linux's, and setsid plays the terminal.");
        Skip.If(sidecar == "daprd" && RealDapr.Missing is not null, RealDapr.Missing);
        using var host = await StartAsync(AppHostProcess.Terminal, sidecar);
        var children = Children(host.Process.Id);
        Assert.Equal(0, Signal(group ? -host.Process.Id : host.Process.Id, Kill));
        await GoneAsync(children);
        // The next mesh has the folder and the port to itself.
        using var next = await StartAsync(AppHostProcess.Terminal, sidecar);
    }

    [SkippableFact]
    public async Task Where_nobody_could_end_the_orphans_they_are_named_and_nothing_is_started()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Processes tell whose they are on Linux alone.");
        using var host = await StartAsync(AppHostProcess.Terminal);
        var all = Processes();
        var children = Children(host.Process.Id);
        var orchestrator = all.Where(p => p.Command.Contains("/dcp ") && children.Contains(p.Pid)).Select(p => p.Pid);
        var guard = all.Where(p => p.Command.Contains("mesh-guard") && p.Command.Contains($"MESH_APPHOST={host.Process.Id}-")).Select(p => p.Pid);
        foreach (var pid in guard.Concat(orchestrator).Append(host.Process.Id))
            Assert.Equal(0, Signal(pid, Kill));
        await host.ExitAsync();
        try
        {
            using var next = AppHostProcess.Start([], $"--Mesh:Port={MeshFixture.FreePort()}", $"--Mesh:Data={_data}", "--Mesh:Sidecar=embedded");
            await next.ExitAsync();
            Assert.Equal(1, next.Process.ExitCode);
            Assert.Contains("worker-1 (", Assert.Single(next.Lines));
        }
        finally
        {
            foreach (var child in children)
                _ = Signal(child, Kill);
        }
        await GoneAsync(children);
    }

    [Fact]
    public async Task A_taken_port_is_named_before_anything_is_started()
    {
        using var holder = new TcpListener(IPAddress.Loopback, _port);
        holder.Start();
        Assert.Contains($"Port {_port} for 'router'", await RefusedAsync($"--Mesh:Port={_port}", $"--Mesh:Data={_data}"));
        Assert.Contains($"Port {_port} for the dashboard", await RefusedAsync($"--Mesh:Port={MeshFixture.FreePort()}", $"--Mesh:Data={_data}", $"--ASPNETCORE_URLS=http://127.0.0.1:{_port}"));
    }

    [Fact]
    public async Task The_folder_of_another_mesh_is_refused_and_that_mesh_goes_on()
    {
        using var host = await StartAsync();
        Assert.Contains("used by another mesh", await RefusedAsync($"--Mesh:Port={MeshFixture.FreePort()}", $"--Mesh:Data={_data}"));
        using var router = new HttpClient { BaseAddress = new($"http://127.0.0.1:{_port}") };
        Assert.Contains("42", await router.AskAsync("What is 17 + 25?"));
    }

    [Fact]
    public async Task A_setting_that_is_wrong_is_named()
    {
        Assert.Contains("Mesh__Port", await RefusedAsync("--Mesh:Port=seventy", $"--Mesh:Data={_data}"));
        Assert.Contains("Mesh__Sidecar", await RefusedAsync($"--Mesh:Port={_port}", $"--Mesh:Data={_data}", "--Mesh:Sidecar=kubernetes"));
    }

    [Fact]
    public async Task The_last_lines_say_where_the_mesh_is_and_the_dashboard_lets_in_whoever_has_its_link()
    {
        var address = $"http://127.0.0.1:{MeshFixture.FreePort()}";
        using var host = AppHostProcess.Start([], $"--Mesh:Port={_port}", $"--Mesh:Data={_data}", "--Mesh:Sidecar=embedded", $"--ASPNETCORE_URLS={address}");
        await MeshFixture.Eventually(() => Task.FromResult(host.Lines.Contains("Press Ctrl+C to shut down.")), "the mesh is up", Limit);
        var last = host.Lines.SkipWhile(line => line != "The mesh is up.").Take(4).ToArray();
        Assert.Equal($"  Router:    http://127.0.0.1:{_port}", last[2]);
        Assert.Contains(host.Lines.TakeWhile(line => line != "The mesh is up."), line => line.StartsWith("router is up"));
        Assert.Contains(host.Lines, line => line.StartsWith("router ") && line.Contains(" | "));

        var link = last[1]["  Dashboard: ".Length..];
        Assert.StartsWith($"{address}/login?t=", link);
        using var browser = new HttpClient(new HttpClientHandler { CookieContainer = new() });
        Assert.EndsWith("/", (await browser.GetAsync(link)).RequestMessage!.RequestUri!.AbsolutePath);
        using var stranger = new HttpClient();
        Assert.Contains("/login", (await stranger.GetAsync(address)).RequestMessage!.RequestUri!.ToString());
    }

    [Fact]
    public async Task Help_lists_the_settings()
    {
        using var host = AppHostProcess.Start([], "--help");
        await host.ExitAsync();
        Assert.Equal(0, host.Process.ExitCode);
        Assert.Contains(host.Lines, line => line.Contains("Mesh__Models"));
    }

    private async Task<AppHostProcess> StartAsync(string[]? launcher = null, string sidecar = "embedded")
    {
        var host = AppHostProcess.Start(launcher ?? [], $"--Mesh:Port={_port}", $"--Mesh:Data={_data}", $"--Mesh:Sidecar={sidecar}");
        using var router = new HttpClient { BaseAddress = new($"http://127.0.0.1:{_port}") };
        await MeshFixture.Eventually(async () => (await router.ExpertsAsync()).Count(e => e.State == "ready") == 6, "six experts are ready", Limit);
        await MeshFixture.Eventually(() => Task.FromResult(host.Lines.Contains("Press Ctrl+C to shut down.")), "the mesh is up", Limit);
        return host;
    }

    /// <summary>It says one line and ends.</summary>
    private static async Task<string> RefusedAsync(params string[] args)
    {
        using var host = AppHostProcess.Start([], [.. args]);
        await host.ExitAsync();
        Assert.Equal(1, host.Process.ExitCode);
        var line = Assert.Single(host.Lines);
        Assert.StartsWith("error: ", line);
        return line;
    }

    /// <summary>What the orchestrator that watches AppHost started, and itself.</summary>
    private static List<int> Children(int host)
    {
        var all = Processes();
        var found = all.Where(p => p.Command.Contains($"start-apiserver --monitor {host} ")).Select(p => p.Pid).ToList();
        for (var known = 0; known < found.Count; known++)
            found.AddRange(all.Where(p => p.Parent == found[known]).Select(p => p.Pid));
        return found;
    }

    private static (int Pid, int Parent, string Command)[] Processes()
    {
        using var ps = Process.Start(new ProcessStartInfo("ps", ["-A", "-ww", "-o", "pid=,ppid=,args="]) { RedirectStandardOutput = true })!;
        var lines = ps.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        ps.WaitForExit();
        return [.. lines.Select(l => l.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries)).Where(p => p.Length == 3).Select(p => (int.Parse(p[0]), int.Parse(p[1]), p[2]))];
    }

    private static Task GoneAsync(List<int> processes) =>
        MeshFixture.Eventually(() => Task.FromResult(processes.TrueForAll(pid => Signal(pid, 0) != 0)), "all children are gone", TimeSpan.FromSeconds(30));

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int pid, int signal);
}
