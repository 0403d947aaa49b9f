using System.Text.RegularExpressions;
using Dapr.Sidecar.Errors;

namespace Dapr.Sidecar.Actors.Reminders;

/// <param name="DueTime">As registered.</param>
/// <param name="Period">Between ticks; null is once.</param>
/// <param name="Next">When it ticks next.</param>
/// <param name="Left">Ticks to come; -1 is without end.</param>
/// <param name="Ends">After that it ticks no more.</param>
/// <param name="Version">Grows with every registration: what a tick finds out belongs to the one it was of.</param>
internal sealed partial record Reminder(ActorKey Actor, string Name, string DueTime, TimeSpan? Period, byte[]? Data, DateTimeOffset Next, int Left, DateTimeOffset? Ends, long Version)
{
    /// <exception cref="DaprError">A time or a name is malformed.</exception>
    public static Reminder From(ActorKey actor, string name, Schedule schedule, DateTimeOffset now)
    {
        var job = $"actorreminder||default||{actor}||{name}";
        if (!Parts().IsMatch(actor.Type) || !Parts().IsMatch(actor.Id) || !Parts().IsMatch(name) || job.Length > 253)
            throw Fault($"job name is invalid \"{job}\"");
        if (schedule.Period is { Length: > 0 } text && (YearToDay().IsMatch(text) || text.StartsWith('@')))
            throw Fault($"unsupported period format: {schedule.Period}");
        if (!DaprTime.TryParsePeriod(schedule.Period, out var period, out var repetitions))
            throw Fault($"unsupported period format: {schedule.Period}");
        if (string.IsNullOrEmpty(schedule.DueTime) && string.IsNullOrEmpty(schedule.Period))
            throw Fault("job failed validation: job must have either a due time or a schedule");
        if (!string.IsNullOrEmpty(schedule.Ttl) && period is null)
            throw Fault("job failed validation: job must have a schedule to have a ttl");
        if (!DaprTime.TryParseDue(schedule.DueTime, now, out var due))
            throw Fault("job failed validation: due time format not recognized");
        // Without a due time the first tick is a period away, as the scheduler has it.
        var first = string.IsNullOrEmpty(schedule.DueTime) ? now + (period ?? TimeSpan.Zero) : due;
        DateTimeOffset? ends = null;
        if (!string.IsNullOrEmpty(schedule.Ttl))
            ends = DaprTime.TryParseDue(schedule.Ttl, now, out var at) ? at : throw Fault("job failed validation: ttl format not recognized");
        return new(actor, name, schedule.DueTime ?? "", period, schedule.Data, first, period is null ? 1 : repetitions is 0 ? -1 : repetitions, ends, 0);
    }

    /// <summary>After a tick: null when that was the last.</summary>
    public Reminder? After(DateTimeOffset now)
    {
        if (Period is not { } period || Left == 1)
            return null;
        var next = Next + period;
        if (next < now)
            next += period * Math.Ceiling((now - next) / period); // ticks that were missed are not caught up
        return Ends < next ? null : this with { Next = next, Left = Left < 0 ? -1 : Left - 1 };
    }

    private static DaprError Fault(string message) => new(500, "ERR_ACTOR_REMINDER_CREATE", $"error creating actor reminder: {message}");

    [GeneratedRegex(@"^(R-?[0-9]+/)?P[0-9]+[YMWD]")]
    private static partial Regex YearToDay();

    [GeneratedRegex(@"^[A-Za-z0-9_\-: ]+(\.[A-Za-z0-9_\-: ]+)*$")]
    private static partial Regex Parts();
}
