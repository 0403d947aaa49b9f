using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Mesh.EndToEnd.Tests;

/// <summary>
/// What every mesh survives: any of its processes killed or told to stop, under a running stream. AppHost brings back what was killed, at the same ports, and
/// the mesh answers again within <see cref="Recovery"/>.
/// </summary>
public abstract partial class MeshContract<TFixture>
{
    private const int Terminate = 15;
    private static readonly TimeSpan Recovery = TimeSpan.FromMinutes(5);

    [SkippableFact]
    public async Task A_killed_router_comes_back_at_its_port()
    {
        var address = Router.BaseAddress;
        await KilledAsync("router");
        Assert.Equal(address, mesh.App.GetEndpoint("router"));
        await AnswersAgainAsync();
    }

    [SkippableFact]
    public async Task A_stream_goes_on_while_its_sidecars_are_killed()
    {
        await GoesOnAsync(() => Task.WhenAll(mesh.Sidecars.Select(KilledAsync)));
        await AnswersAgainAsync();
    }

    [SkippableFact]
    public async Task A_stream_goes_on_while_placement_and_scheduler_are_killed()
    {
        _ = Router;
        Skip.If(mesh.ControlPlane.Count == 0, "The embedded sidecar is one process.");
        await GoesOnAsync(() => Task.WhenAll(mesh.ControlPlane.Select(KilledAsync)));
        await AnswersAgainAsync();
    }

    [SkippableFact]
    public async Task A_stream_goes_on_while_placement_is_killed_together_with_a_worker()
    {
        _ = Router;
        Skip.If(mesh.ControlPlane.Count == 0, "The embedded sidecar is one process.");
        await GoesOnAsync(() => Task.WhenAll(KilledAsync("dapr-placement"), KilledAsync("worker-2")));
        await AnswersAgainAsync();
        // Both sidecars host actors again: one of them alone carries the mesh.
        await KilledAsync("worker-1");
        await AnswersAgainAsync();
    }

    [SkippableFact]
    public async Task A_stream_waits_for_a_worker_when_the_last_one_dies()
    {
        await GoesOnAsync(() => Task.WhenAll(KilledAsync("worker-1"), KilledAsync("worker-2")));
        await AnswersAgainAsync();
    }

    [SkippableFact]
    public async Task Experts_spread_again_over_a_worker_that_is_back_and_no_answer_is_lost_by_it()
    {
        _ = Router;
        Skip.If(mesh.ControlPlane.Count > 0, "daprd's placement hashes: with some ports all six have one home.");
        await KilledAsync("worker-1");
        await AnswersAgainAsync();
        await MeshFixture.Eventually(async () =>
        {
            // One expert alone: while it moves nobody can stand in for it.
            Assert.Contains("42", await Router.AskAsync("What is 17 + 25?", "arithmetic"));
            return (await Router.ExpertsAsync()) is var experts && experts.All(e => e.State == "ready") && experts.GroupBy(e => e.Worker).All(g => g.Count() == 3);
        }, "each worker has three experts", Recovery);
    }

    [SkippableFact]
    public async Task A_worker_that_is_told_to_stop_hands_its_streams_over()
    {
        await UpAsync("worker-1");
        await GoesOnAsync(async () =>
        {
            var ended = mesh.App.ResourceNotifications.WaitForResourceAsync("worker-1", KnownResourceStates.TerminalStates).WaitAsync(Recovery);
            mesh.Signal("worker-1", Terminate);
            await ended;
        });
        await AnswersAgainAsync();
    }

    [SkippableFact]
    public async Task A_router_that_is_told_to_stop_ends_its_streams_or_says_why()
    {
        await UpAsync("router");
        var told = mesh.Pid("router");
        string? last = null;
        var stopped = false;
        await foreach (var line in Router.StreamAsync(RouterClient.Chat(Verse, maxTokens: 400, stream: true)))
        {
            last = line;
            if (stopped)
                continue;
            stopped = true;
            mesh.Signal("router", Terminate);
        }
        Assert.True(last == "[DONE]" || last!.Contains("shutting_down"), last);
        await ReplacedAsync("router", told);
        await AnswersAgainAsync();
    }

    [SkippableFact]
    public async Task What_is_told_to_stop_by_a_signal_comes_back()
    {
        foreach (var resource in (string[])["worker-1", "router", .. mesh.Sidecars])
        {
            await UpAsync(resource);
            var told = mesh.Pid(resource);
            mesh.Signal(resource, Terminate);
            await ReplacedAsync(resource, told);
        }
        await AnswersAgainAsync();
    }

    [SkippableFact]
    public async Task What_a_person_stops_stays_stopped_until_it_is_started_again()
    {
        await UpAsync("worker-1");
        await mesh.App.ResourceCommands.ExecuteCommandAsync("worker-1", KnownResourceCommands.StopCommand);
        await mesh.App.ResourceNotifications.WaitForResourceAsync("worker-1", KnownResourceStates.Finished).WaitAsync(Recovery);
        // The other worker carries all six meanwhile, for longer than a crashed one is away.
        await AnswersAgainAsync();
        Assert.True(mesh.App.ResourceNotifications.TryGetCurrentState("worker-1", out var now));
        Assert.Equal(KnownResourceStates.Finished, now.Snapshot.State?.Text);
        await mesh.App.ResourceCommands.ExecuteCommandAsync("worker-1", KnownResourceCommands.StartCommand);
        await UpAsync("worker-1");
        await AnswersAgainAsync();
    }

    [SkippableFact]
    public async Task A_crash_is_shown_in_the_state_and_in_the_log_of_the_resource()
    {
        await UpAsync("worker-2");
        var shown = mesh.App.ResourceNotifications.WaitForResourceAsync("worker-2", e => e.Snapshot.State?.Text == KnownResourceStates.Exited).WaitAsync(Recovery);
        await KilledAsync("worker-2");
        await shown;
        var worker = mesh.App.Services.GetRequiredService<DistributedApplicationModel>().Resources.Single(r => r.Name == "worker-2");
        using var limit = new CancellationTokenSource(Recovery);
        await foreach (var batch in mesh.App.Services.GetRequiredService<ResourceLoggerService>().WatchAsync(worker).WithCancellation(limit.Token))
            if (batch.Any(line => line.Content.Contains("started again in")))
                break;
        await AnswersAgainAsync();
    }

    /// <summary>A process that is only just starting dies of a signal that it would otherwise obey.</summary>
    private Task UpAsync(string resource)
    {
        _ = Router;
        return mesh.App.ResourceNotifications.WaitForResourceHealthyAsync(resource, WaitBehavior.WaitOnResourceUnavailable).WaitAsync(Recovery);
    }

    private Task KilledAsync(string resource) => mesh.ReplaceAsync(resource, Recovery);

    private Task ReplacedAsync(string resource, int? ended) => mesh.ReplacedAsync(resource, ended, Recovery);

    /// <summary>What happens does so after the fifth token of a long answer, which must come to its end all the same.</summary>
    private async Task GoesOnAsync(Func<Task> happens)
    {
        var tokens = 0;
        string? last = null;
        var happening = Task.CompletedTask;
        await foreach (var line in Router.StreamAsync(RouterClient.Chat(Verse, maxTokens: 400, stream: true)))
        {
            last = line;
            if (RouterClient.Delta(line) is not null && ++tokens == 5)
                happening = happens();
        }
        Assert.True(tokens >= 5, $"The answer was over after {tokens} tokens.");
        Assert.Equal("[DONE]", last);
        await happening;
    }

    private async Task AnswersAgainAsync()
    {
        await MeshFixture.Eventually(
            async () => (await mesh.Router.ExpertsAsync()) is var experts && experts.Count == 6 && experts.All(e => e.State == "ready"), "all experts are ready", Recovery);
        // Experts that have just been loaded on a busy machine may still come late to a token: the mesh must find its way back.
        await MeshFixture.Eventually(async () => (await mesh.Router.AskAsync("What is 17 + 25?")).Contains("42"), "the mesh can add again", Recovery);
    }
}
