using System.Diagnostics;
using AppHost.Restarting;
using Microsoft.Extensions.DependencyInjection;

namespace AppHost.Tests;

/// <summary>Real processes under the real orchestrator.</summary>
public sealed class RestartsTests : IDisposable
{
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
        var crasher = app.Services.GetRequiredService<DistributedApplicationModel>().Resources.Single(r => r.Name == "crasher");
        var expected = new Queue<string>(["again in 0.25 s", "again in 0.5 s", "again in 1 s", "again in 2 s"]);
        await foreach (var batch in app.Services.GetRequiredService<ResourceLoggerService>().WatchAsync(crasher).WithCancellation(limit.Token))
        {
            foreach (var line in batch)
                if (expected.Count > 0 && line.Content.Contains($"[exited with code 3; started {expected.Peek()}]"))
                    expected.Dequeue();
            if (expected.Count == 0)
                break;
        }
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

    private DistributedApplication Build(string name, string script)
    {
        var builder = MeshApplication.CreateBuilder([$"--Mesh:Data={_folder}"]);
        var mesh = MeshSettings.Read(builder.Configuration, _folder);
        builder.HoldData(mesh);
        builder.AddExecutable(name, "sh", _folder, "-c", script);
        return builder.BuildMesh(mesh);
    }

    private static async Task<int> ParentAsync(DistributedApplication app, int? not, CancellationToken cancellationToken)
    {
        var running = await app.ResourceNotifications.WaitForResourceAsync("parent", e => Pid(e) is { } pid && pid != not, cancellationToken);
        return Pid(running)!.Value;

        static int? Pid(ResourceEvent e) => e.Snapshot.State?.Text == KnownResourceStates.Running ? e.Snapshot.Properties.FirstOrDefault(p => p.Name == "executable.pid")?.Value as int? : null;
    }

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
}
