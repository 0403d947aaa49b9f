using System.Text.Json;
using Dapr.Sidecar.Errors;
using Dapr.Sidecar.Hosting;

namespace Dapr.Sidecar.Actors.Reminders;

/// <summary>
/// Ticks reminders, each at least once: it is noted only after the actor took it. A failing tick gets three more tries, a second apart, then counts as done;
/// while no app hosts the type it waits.
/// </summary>
internal sealed partial class ActorReminders(ReminderStore store, ActorTable table, ActorCalls calls, AppMonitor monitor, TimeProvider time, ILogger<ActorReminders> logger) : BackgroundService
{
    private const int Tries = 4;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private readonly KeyedTasks<(ActorKey Actor, string Name)> _running = new();
    private volatile TaskCompletionSource _hosts = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Sets or replaces it; on disk when this returns.</summary>
    /// <exception cref="DaprError">The app does not host the type, or the schedule is malformed.</exception>
    public async Task SetAsync(AppInstance app, ActorKey actor, string name, Schedule schedule, CancellationToken cancellationToken)
    {
        CheckHosted(app, actor);
        Run(await store.SetAsync(Reminder.From(actor, name, schedule, time.GetUtcNow()), cancellationToken));
    }

    public async Task DeleteAsync(AppInstance app, ActorKey actor, string name, CancellationToken cancellationToken)
    {
        CheckHosted(app, actor);
        await store.DeleteAsync(actor, name, cancellationToken);
        _running.Stop((actor, name));
    }

    /// <summary>JSON as daprd shows it; an empty object when there is none.</summary>
    public byte[] Describe(AppInstance app, ActorKey actor, string name)
    {
        CheckHosted(app, actor);
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (store.Find(actor, name) is { } reminder)
            {
                if (reminder.Period is { } period)
                    json.WriteString("period", $"@every {DaprTime.FormatGo(period)}");
                if (reminder.Data is not null)
                {
                    json.WritePropertyName("data");
                    json.WriteRawValue(reminder.Data, skipInputValidation: true);
                }
                json.WriteString("actorID", actor.Id);
                json.WriteString("actorType", actor.Type);
                if (reminder.DueTime.Length > 0)
                    json.WriteString("dueTime", reminder.DueTime);
            }
            json.WriteEndObject();
        }
        return buffer.ToArray();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        monitor.Changed += _ => Interlocked.Exchange(ref _hosts!, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        foreach (var reminder in store.All())
            Run(reminder);
        return Task.CompletedTask;
    }

    public override void Dispose()
    {
        _running.Dispose();
        base.Dispose();
    }

    private static void CheckHosted(AppInstance app, ActorKey actor)
    {
        if (!app.Actors.Hosts(actor.Type))
            throw new DaprError(403, "ERR_ACTOR_REMINDER_NON_HOSTED", "operations on actor reminders are only possible on hosted actor types");
    }

    private void Run(Reminder reminder) => _running.Start((reminder.Actor, reminder.Name), stop => RunAsync(reminder, stop));

    private async Task RunAsync(Reminder? reminder, CancellationToken stop)
    {
        while (reminder is not null)
        {
            if (reminder.Next - time.GetUtcNow() is { Ticks: > 0 } wait)
                await LongDelay.WaitAsync(wait, time, stop);
            await TickAsync(reminder, stop);
            var next = reminder.After(time.GetUtcNow());
            reminder = await store.TickedAsync(reminder, next, stop) ? next : null;
        }
    }

    private async Task TickAsync(Reminder reminder, CancellationToken cancellationToken)
    {
        var body = Schedule.TickBody(reminder.Data, null, "", "");
        for (var tries = 0; tries < Tries;)
        {
            var hosts = _hosts.Task;
            if (!table.IsHosted(reminder.Actor.Type))
            {
                await hosts.WaitAsync(cancellationToken);
                continue;
            }
            tries++;
            try
            {
                if (await calls.TickAsync(reminder.Actor, $"method/remind/{Uri.EscapeDataString(reminder.Name)}", body, cancellationToken))
                    return;
            }
            catch (DaprError)
            {
                // The host died under it, or no host was found in time: that is no failure of the actor's, and kill -9 must lose no tick.
                tries--;
            }
            LogFailed(logger, reminder.Name, reminder.Actor);
            if (tries < Tries)
                await Task.Delay(Pause, time, cancellationToken);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A tick of reminder {Name} of actor {Actor} failed")]
    private static partial void LogFailed(ILogger logger, string name, ActorKey actor);
}
