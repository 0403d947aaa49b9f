using System.Diagnostics;
using System.Runtime.InteropServices;
using AppHost.Restarting;
using Microsoft.Extensions.DependencyInjection;

namespace AppHost.Tests;

/// <summary>Real processes under the real orchestrator.</summary>
public sealed partial class RestartsTests : IDisposable
{
    private const int Terminate = 15;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private readonly string _folder = Directory.CreateTempSubdirectory("mesh-apphost-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Pauses_grow_and_end_at_thirty_seconds()
    {
        var pauses = Enumerable.Range(0, 12).Select(Restarts.BackOff).ToArray();
        Assert.Equal(TimeSpan.FromSeconds(0.25), pauses[0]);
        Assert.Equal(pauses.Order(), pauses);
        Assert.Equal(TimeSpan.FromSeconds(30), pauses[^1]);
    }

    [SkippableFact]
    public async Task One_that_ends_at_once_is_started_again_and_again_with_growing_pauses()
    {
        Skip.If(OperatingSystem.IsWindows(), "Needs a shell.");
        await using var app = Build("crasher", "exit 3");
        using var limit = new CancellationTokenSource(Limit);
        await app.StartAsync(limit.Token);
        await SaysAsync(app, [.. new[] { "0.25 s", "0.5 s", "1 s", "2 s" }.Select(pause => $"[exited with code 3; started again in {pause}]")], limit.Token);
        await app.StopAsync(limit.Token);
    }

    [SkippableFact]
    public async Task What_a_killed_resource_had_started_is_gone_when_it_is_back()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Processes tell whose they are on Linux alone.");
        await using var app = Build("parent", "sleep 1000 & echo $! > new && mv new child-of-$$; wait");
        using var limit = new CancellationTokenSource(Limit);
        await app.StartAsync(limit.Token);
        var first = await ParentAsync(app, not: null, limit.Token);
        var child = await ChildAsync(first, limit.Token);
        using (var parent = Process.GetProcessById(first))
            parent.Kill();
        var second = await ParentAsync(app, not: first, limit.Token);
        await GoneAsync(child, limit.Token);
        // A stop takes what was started with it.
        var later = await ChildAsync(second, limit.Token);
        await app.StopAsync(limit.Token);
        await GoneAsync(later, limit.Token);
    }

    [SkippableTheory, InlineData("exec sleep 1000"), InlineData("trap 'exit 0' TERM; while :; do sleep 0.1; done")]
    public async Task What_a_signal_ends_is_started_again_whatever_its_exit_code(string script)
    {
        Skip.If(OperatingSystem.IsWindows(), "Needs signals.");
        await using var app = Build("parent", script);
        using var limit = new CancellationTokenSource(Limit);
        await app.StartAsync(limit.Token);
        var last = await ParentAsync(app, not: null, limit.Token);
        for (var times = 0; times < 2; times++)
        {
            Assert.Equal(0, Signal(last, Terminate));
            last = await ParentAsync(app, not: last, limit.Token);
        }
        await app.StopAsync(limit.Token);
        await GoneAsync(last, limit.Token);
    }

    [SkippableFact]
    public async Task What_a_person_stops_stays_stopped_until_a_person_starts_it()
    {
        Skip.If(OperatingSystem.IsWindows(), "Needs a shell.");
        await using var app = Build("parent", "exec sleep 1000");
        using var limit = new CancellationTokenSource(Limit);
        await app.StartAsync(limit.Token);
        var first = await ParentAsync(app, not: null, limit.Token);
        Assert.True((await app.ResourceCommands.ExecuteCommandAsync("parent", KnownResourceCommands.StopCommand, limit.Token)).Success);
        await app.ResourceNotifications.WaitForResourceAsync("parent", KnownResourceStates.TerminalStates, limit.Token);
        // A crash would have been answered by now; nothing else tells that nobody meant to.
        await Task.Delay(4 * Restarts.BackOff(0), limit.Token);
        Assert.DoesNotContain(await LinesAsync(app), line => line.Contains("started again"));
        Assert.True((await app.ResourceCommands.ExecuteCommandAsync("parent", KnownResourceCommands.StartCommand, limit.Token)).Success);
        var second = await ParentAsync(app, not: first, limit.Token);
        // From here on it is looked after again.
        Assert.Equal(0, Signal(second, Terminate));
        await ParentAsync(app, not: second, limit.Token);
        await app.StopAsync(limit.Token);
    }

    [SkippableTheory, InlineData(true), InlineData(false)]
    public async Task One_that_cannot_be_started_again_is_tried_with_growing_pauses_until_it_can(bool atTheOrchestrator)
    {
        Skip.If(OperatingSystem.IsWindows(), "Needs a shell.");
        var program = Path.Combine(_folder, "program");
        await File.WriteAllTextAsync(program, "#!/bin/sh\nexec sleep 1000\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var refuses = false;
        await using var app = Build(builder => builder.AddExecutable("parent", program, _folder)
            .WithEnvironment(_ => { if (Volatile.Read(ref refuses)) throw new InvalidOperationException("not now"); }));
        using var limit = new CancellationTokenSource(Limit);
        await app.StartAsync(limit.Token);
        var first = await ParentAsync(app, not: null, limit.Token);
        if (atTheOrchestrator)
            File.Move(program, program + ".away");
        else
            Volatile.Write(ref refuses, true);
        Assert.Equal(0, Signal(first, Terminate));
        await SaysAsync(app, ["again in 0.25 s", "again in 0.5 s", "again in 1 s"], limit.Token);
        if (atTheOrchestrator)
            File.Move(program + ".away", program);
        Volatile.Write(ref refuses, false);
        await ParentAsync(app, not: first, limit.Token);
        await app.StopAsync(limit.Token);
    }

    [SkippableFact]
    public async Task A_start_that_is_refused_and_leaves_no_trace_in_the_state_is_tried_again()
    {
        Skip.If(OperatingSystem.IsWindows(), "Needs a shell.");
        await using var app = Build("parent", "exec sleep 1000");
        using var limit = new CancellationTokenSource(Limit);
        await app.StartAsync(limit.Token);
        var first = await ParentAsync(app, not: null, limit.Token);
        var start = Only(app).Annotations.OfType<ResourceCommandAnnotation>().Single(command => command.Name == KnownResourceCommands.StartCommand);
        var refused = 0;
        Only(app).Annotations.Remove(start);
        Only(app).Annotations.Add(new ResourceCommandAnnotation(start.Name, start.DisplayName, start.UpdateState,
            context => Interlocked.Increment(ref refused) <= 2 ? Task.FromResult(CommandResults.Failure("not now")) : start.ExecuteCommand(context),
            null, null, null, null, null, false));
        Assert.Equal(0, Signal(first, Terminate));
        await ParentAsync(app, not: first, limit.Token);
        Assert.Equal(3, refused);
        await app.StopAsync(limit.Token);
    }

    private DistributedApplication Build(string name, string script) => Build(builder => builder.AddExecutable(name, "sh", _folder, "-c", script));

    private DistributedApplication Build(Action<IDistributedApplicationBuilder> add)
    {
        var builder = MeshApplication.CreateBuilder([$"--Mesh:Data={_folder}"]);
        var mesh = MeshSettings.Read(builder.Configuration, _folder);
        builder.HoldData(mesh);
        add(builder);
        return builder.BuildMesh(mesh);
    }

    private static async Task<int> ParentAsync(DistributedApplication app, int? not, CancellationToken cancellationToken)
    {
        var running = await app.ResourceNotifications.WaitForResourceAsync("parent", e => Pid(e) is { } pid && pid != not, cancellationToken);
        return Pid(running)!.Value;

        static int? Pid(ResourceEvent e) => e.Snapshot.State?.Text == KnownResourceStates.Running ? e.Snapshot.Properties.FirstOrDefault(p => p.Name == "executable.pid")?.Value as int? : null;
    }

    /// <summary>Its log holds these in this order.</summary>
    private static async Task SaysAsync(DistributedApplication app, string[] lines, CancellationToken cancellationToken)
    {
        var expected = new Queue<string>(lines);
        await foreach (var batch in app.Services.GetRequiredService<ResourceLoggerService>().WatchAsync(Only(app)).WithCancellation(cancellationToken))
        {
            foreach (var line in batch)
                if (expected.Count > 0 && line.Content.Contains(expected.Peek()))
                    expected.Dequeue();
            if (expected.Count == 0)
                return;
        }
    }

    private static async Task<string[]> LinesAsync(DistributedApplication app)
    {
        var lines = new List<string>();
        await foreach (var batch in app.Services.GetRequiredService<ResourceLoggerService>().GetAllAsync(Only(app)))
            lines.AddRange(batch.Select(line => line.Content));
        return [.. lines];
    }

    private static IResource Only(DistributedApplication app) => app.Services.GetRequiredService<DistributedApplicationModel>().Resources.OfType<ExecutableResource>().Single(r => r.Name is "parent" or "crasher");

    private async Task<int> ChildAsync(int parent, CancellationToken cancellationToken)
    {
        var file = Path.Combine(_folder, $"child-of-{parent}");
        while (!File.Exists(file))
            await Task.Delay(50, cancellationToken);
        return int.Parse(await File.ReadAllTextAsync(file, cancellationToken));
    }

    private static async Task GoneAsync(int pid, CancellationToken cancellationToken)
    {
        while (Directory.Exists($"/proc/{pid}") && !(await File.ReadAllTextAsync($"/proc/{pid}/stat", cancellationToken)).Contains(" Z "))
            await Task.Delay(50, cancellationToken);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int pid, int signal);
}
