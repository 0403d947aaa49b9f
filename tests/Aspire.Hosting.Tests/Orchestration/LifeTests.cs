using System.Diagnostics;
using System.Net;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting.Tests.Orchestration;

/// <summary>Real processes, started, watched, restarted and stopped.</summary>
public sealed class LifeTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_crashed_resource_is_shown_as_such_and_comes_back()
    {
        var builder = DistributedApplication.CreateBuilder([]);
        builder.AddExecutable("crasher", "sh", Path.GetTempPath(), "-c", "exit 3");
        await using var app = builder.Build();
        using var limit = new CancellationTokenSource(Limit);
        await app.StartAsync(limit.Token);
        var (crashes, starts) = (0, 0);
        await foreach (var update in app.ResourceNotifications.WatchAsync(limit.Token))
        {
            if (update.Snapshot.State?.Text == KnownResourceStates.Exited)
                Assert.Equal(3, update.Snapshot.ExitCode);
            crashes += update.Snapshot.State?.Text == KnownResourceStates.Exited ? 1 : 0;
            starts += update.Snapshot.State?.Text == KnownResourceStates.Running ? 1 : 0;
            if (crashes >= 2 && starts >= 2)
                break;
        }
        await app.StopAsync(limit.Token);
    }

    [Fact]
    public async Task A_resource_that_says_it_is_of_no_more_use_is_restarted()
    {
        var builder = DistributedApplication.CreateBuilder([]);
        builder.AddExecutable("loser", "sh", Path.GetTempPath(), "-c", "echo I give up; sleep 1000").WithAnnotation(new FatalLineAnnotation("give up"));
        await using var app = builder.Build();
        using var limit = new CancellationTokenSource(Limit);
        await app.StartAsync(limit.Token);
        await app.ResourceNotifications.WaitForResourceAsync("loser", KnownResourceStates.Exited, limit.Token);
        await app.ResourceNotifications.WaitForResourceAsync("loser", KnownResourceStates.Running, limit.Token);
        await app.StopAsync(limit.Token);
    }

    [Fact]
    public async Task A_resource_without_an_end_is_restarted_though_it_ended_well()
    {
        var builder = DistributedApplication.CreateBuilder([]);
        builder.AddExecutable("server", "sh", Path.GetTempPath(), "-c", "exit 0").WithAnnotation(new EndlessAnnotation());
        await using var app = builder.Build();
        using var limit = new CancellationTokenSource(Limit);
        await app.StartAsync(limit.Token);
        await app.ResourceNotifications.WaitForResourceAsync("server", KnownResourceStates.Exited, limit.Token);
        await app.ResourceNotifications.WaitForResourceAsync("server", KnownResourceStates.Running, limit.Token);
        await app.StopAsync(limit.Token);
    }

    [Fact]
    public void Pauses_between_restarts_grow_and_end_at_thirty_seconds()
    {
        var pauses = Enumerable.Range(0, 12).Select(ResourceSupervisor.BackOff).ToArray();
        Assert.Equal(TimeSpan.FromSeconds(0.25), pauses[0]);
        Assert.Equal(pauses.Order(), pauses);
        Assert.Equal(TimeSpan.FromSeconds(30), pauses[^1]);
    }

    [Fact]
    public async Task What_ends_well_is_finished_and_lets_those_go_that_waited_for_it()
    {
        var file = Path.GetTempFileName();
        var builder = DistributedApplication.CreateBuilder([]);
        var first = builder.AddExecutable("first", "sh", Path.GetTempPath(), "-c", $"echo first >> {file}");
        builder.AddExecutable("second", "sh", Path.GetTempPath(), "-c", $"echo second >> {file}").WaitForCompletion(first);
        await using var app = builder.Build();
        using var limit = new CancellationTokenSource(Limit);
        await app.StartAsync(limit.Token);
        await app.ResourceNotifications.WaitForResourceAsync("second", KnownResourceStates.Finished, limit.Token);
        Assert.Equal(["first", "second"], await File.ReadAllLinesAsync(file, limit.Token));
        await app.StopAsync(limit.Token);
    }

    [Fact]
    public async Task A_dependent_waits_until_the_other_is_healthy()
    {
        var builder = DistributedApplication.CreateBuilder([]);
        var api = builder.AddExecutable("api", "sleep", Path.GetTempPath(), "1000").WithHttpEndpoint().WithHttpHealthCheck("/health");
        builder.AddExecutable("web", "sleep", Path.GetTempPath(), "1000").WaitFor(api);
        await using var app = builder.Build();
        using var limit = new CancellationTokenSource(Limit);
        await app.StartAsync(limit.Token);
        await app.ResourceNotifications.WaitForResourceAsync("api", KnownResourceStates.Running, limit.Token);
        Assert.True(app.ResourceNotifications.TryGetCurrentState("web", out var web) && web.Snapshot.State?.Text is "Waiting" or "NotStarted");
        using var listener = new HttpListener { Prefixes = { api.GetEndpoint("http").Url + "/" } };
        listener.Start();
        _ = AnswerAsync(listener);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("web", limit.Token);
        await app.StopAsync(limit.Token);
    }

    [Fact]
    public async Task Stopping_asks_first_and_leaves_no_process()
    {
        var builder = DistributedApplication.CreateBuilder([]);
        builder.AddExecutable("sleeper", "sleep", Path.GetTempPath(), "1000");
        await using var app = builder.Build();
        using var limit = new CancellationTokenSource(Limit);
        await app.StartAsync(limit.Token);
        var running = await app.ResourceNotifications.WaitForResourceHealthyAsync("sleeper", limit.Token);
        using var process = Process.GetProcessById((int)running.Snapshot.Properties.Single(p => p.Name == "executable.pid").Value!);
        await app.StopAsync(limit.Token);
        Assert.True(process.HasExited);
    }

    [Fact]
    public async Task Disposing_without_stopping_leaves_no_process_either()
    {
        var builder = DistributedApplication.CreateBuilder([]);
        builder.AddExecutable("sleeper", "sleep", Path.GetTempPath(), "1000");
        var app = builder.Build();
        using var limit = new CancellationTokenSource(Limit);
        await app.StartAsync(limit.Token);
        var running = await app.ResourceNotifications.WaitForResourceHealthyAsync("sleeper", limit.Token);
        using var process = Process.GetProcessById((int)running.Snapshot.Properties.Single(p => p.Name == "executable.pid").Value!);
        await app.DisposeAsync();
        Assert.True(process.HasExited);
    }

    [Fact]
    public async Task A_command_that_does_not_exist_fails_to_start_with_the_reason()
    {
        var builder = DistributedApplication.CreateBuilder([]);
        builder.AddExecutable("ghost", "no-such-program", Path.GetTempPath());
        await using var app = builder.Build();
        using var limit = new CancellationTokenSource(Limit);
        await app.StartAsync(limit.Token);
        await Assert.ThrowsAsync<InvalidOperationException>(() => app.ResourceNotifications.WaitForResourceHealthyAsync("ghost", limit.Token));
        await app.StopAsync(limit.Token);
    }

    [Fact]
    public async Task Commands_stop_and_start_one_resource()
    {
        var builder = DistributedApplication.CreateBuilder([]);
        builder.AddExecutable("sleeper", "sleep", Path.GetTempPath(), "1000");
        await using var app = builder.Build();
        using var limit = new CancellationTokenSource(Limit);
        await app.StartAsync(limit.Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("sleeper", limit.Token);
        Assert.True((await app.ResourceCommands.ExecuteCommandAsync("sleeper", KnownResourceCommands.StopCommand, limit.Token)).Success);
        await app.ResourceNotifications.WaitForResourceAsync("sleeper", KnownResourceStates.Finished, limit.Token);
        Assert.True((await app.ResourceCommands.ExecuteCommandAsync("sleeper", KnownResourceCommands.StartCommand, limit.Token)).Success);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("sleeper", limit.Token);
        Assert.False((await app.ResourceCommands.ExecuteCommandAsync("nobody", KnownResourceCommands.StopCommand, limit.Token)).Success);
        await app.StopAsync(limit.Token);
    }

    [Fact]
    public async Task Lines_of_a_resource_are_kept_in_order_for_those_who_follow()
    {
        var builder = DistributedApplication.CreateBuilder([]);
        builder.AddExecutable("talker", "sh", Path.GetTempPath(), "-c", "echo one; echo two; echo three");
        await using var app = builder.Build();
        using var limit = new CancellationTokenSource(Limit);
        await app.StartAsync(limit.Token);
        var lines = new List<string>();
        await foreach (var line in app.Services.GetRequiredService<ResourceLogs>().FollowAsync("talker", limit.Token))
        {
            lines.Add(line);
            if (lines.Count == 3)
                break;
        }
        Assert.Equal(["one", "two", "three"], lines);
        await app.StopAsync(limit.Token);
    }

    [SkippableFact]
    public async Task A_resource_leads_a_session_of_its_own_so_that_the_terminals_interrupt_does_not_reach_it()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Read from /proc.");
        var builder = DistributedApplication.CreateBuilder([]);
        builder.AddExecutable("sleeper", "sleep", Path.GetTempPath(), "1000");
        await using var app = builder.Build();
        using var limit = new CancellationTokenSource(Limit);
        await app.StartAsync(limit.Token);
        var running = await app.ResourceNotifications.WaitForResourceHealthyAsync("sleeper", limit.Token);
        var pid = (int)running.Snapshot.Properties.Single(p => p.Name == "executable.pid").Value!;
        string[] ids;
        do
            ids = (await File.ReadAllTextAsync($"/proc/{pid}/stat", limit.Token)).Split(") ")[1].Split(' ');
        while (ids[3] != $"{pid}" && !limit.IsCancellationRequested);   // setsid and sleep come one after the other
        Assert.Equal([$"{pid}", $"{pid}"], ids[2..4]);                  // group and session
        await app.StopAsync(limit.Token);
    }

    [SkippableFact]
    public async Task What_a_resource_left_running_ends_with_it()
    {
        Skip.If(OperatingSystem.IsWindows(), "There are no groups on Windows.");
        var builder = DistributedApplication.CreateBuilder([]);
        builder.AddExecutable("parent", "sh", Path.GetTempPath(), "-c", "sleep 1000 & echo $!; wait");
        await using var app = builder.Build();
        using var limit = new CancellationTokenSource(Limit);
        await app.StartAsync(limit.Token);
        await using var lines = app.Services.GetRequiredService<ResourceLogs>().FollowAsync("parent", limit.Token).GetAsyncEnumerator(limit.Token);
        Assert.True(await lines.MoveNextAsync());
        using var grandchild = Process.GetProcessById(int.Parse(lines.Current));
        await app.StopAsync(limit.Token);
        await grandchild.WaitForExitAsync(limit.Token);
    }

    private static async Task AnswerAsync(HttpListener listener)
    {
        try
        {
            while (true)
            {
                var context = await listener.GetContextAsync();
                context.Response.StatusCode = context.Request.Url!.AbsolutePath == "/health" ? 200 : 404;
                context.Response.Close();
            }
        }
        catch (Exception fault) when (fault is HttpListenerException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
