using Dapr.Sidecar.Errors;
using Dapr.Sidecar.Hosting;

namespace Dapr.Sidecar.Actors.Timers;

/// <summary>Timers of actors, in memory: they end with the sidecar, outlive deactivation (a tick wakes the actor) and stay with the host that set them.</summary>
internal sealed partial class ActorTimers(ActorTable table, ActorCalls calls, TimeProvider time, ILogger<ActorTimers> logger) : IDisposable
{
    private readonly KeyedTasks<(ActorKey Actor, string Name)> _running = new();

    /// <exception cref="DaprError">The app does not host the type, or a time is malformed.</exception>
    public void Set(AppInstance app, ActorKey actor, string name, Schedule schedule)
    {
        if (!app.Actors.Hosts(actor.Type))
            throw Fault($"can't create timer for actor {actor}: actor type not registered");
        var now = time.GetUtcNow();
        if (!DaprTime.TryParsePeriod(schedule.Period, out var period, out var repetitions))
            throw Fault($"invalid timer period: parse error: unsupported duration format: {schedule.Period}");
        if (!DaprTime.TryParseDue(schedule.DueTime, now, out var due))
            throw Fault($"error parsing timer due time: unsupported time/duration format: {schedule.DueTime}");
        DateTimeOffset? end = null;
        if (!string.IsNullOrEmpty(schedule.Ttl))
            end = DaprTime.TryParseDue(schedule.Ttl, due, out var at) ? at : throw Fault($"error parsing timer TTL: unsupported time/duration format: {schedule.Ttl}");
        _running.Start((actor, name), stop => RunAsync(app, actor, name, schedule, due, period, period is null ? 1 : repetitions, end, stop));
    }

    public void Delete(ActorKey actor, string name) => _running.Stop((actor, name));

    /// <summary>The actor moves to another host, which knows nothing of its timers.</summary>
    public void DeleteAll(ActorKey actor) => _running.Stop(timer => timer.Actor == actor);

    public void Dispose() => _running.Dispose();

    private async Task RunAsync(
        AppInstance app, ActorKey actor, string name, Schedule schedule, DateTimeOffset due, TimeSpan? period, int left, DateTimeOffset? end, CancellationToken stop)
    {
        var body = Schedule.TickBody(schedule.Data, schedule.Callback ?? "", schedule.DueTime ?? "", schedule.Period ?? "");
        while (left != 0 && !(end < due))
        {
            if (due - time.GetUtcNow() is { Ticks: > 0 } wait)
                await LongDelay.WaitAsync(wait, time, stop);
            if (table.OwnerOf(actor) is { } owner && owner != app)
                return; // it lives elsewhere by now
            if (app.IsUp)
                await TickAsync(actor, name, body, stop);
            if (left > 0)
                left--;
            if (period is not { } step)
                return;
            due += step;
            if (due < time.GetUtcNow())
                due = time.GetUtcNow();
        }
    }

    private async Task TickAsync(ActorKey actor, string name, byte[] body, CancellationToken cancellationToken)
    {
        try
        {
            if (!await calls.TickAsync(actor, $"method/timer/{Uri.EscapeDataString(name)}", body, cancellationToken))
                LogFailed(logger, name, actor);
        }
        catch (DaprError)
        {
            LogFailed(logger, name, actor);
        }
    }

    private static DaprError Fault(string message) => new(500, "ERR_ACTOR_TIMER_CREATE", $"error creating actor timer: {message}");

    [LoggerMessage(Level = LogLevel.Warning, Message = "A tick of timer {Name} of actor {Actor} failed")]
    private static partial void LogFailed(ILogger logger, string name, ActorKey actor);
}
