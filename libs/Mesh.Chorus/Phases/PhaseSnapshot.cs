using System.Collections.Frozen;

namespace Mesh.Chorus.Phases;

/// <summary>Where one member was in its cycle when the snapshot was taken.</summary>
/// <param name="Phase">Radians, 0 to below a turn; 0 is the boundary between two cycles.</param>
/// <param name="Period">Of a cycle; zero while none is measured.</param>
/// <param name="IsTurning">False: it stands idle, or no cycle of it is measured yet; its phase says nothing.</param>
public readonly record struct MemberPhase(double Phase, TimeSpan Period, bool IsTurning);

/// <param name="Turn">Share of a turn, 0 to below 1.</param>
/// <param name="Order">r of all members that turn.</param>
public readonly record struct PhaseNow(double Turn, TimeSpan Period, double Order);

/// <summary>All phases at one moment. It never changes: whoever holds it reads without a lock and can tell what follows from phase and period.</summary>
public sealed class PhaseSnapshot
{
    private readonly FrozenDictionary<string, int> _places;
    private readonly MemberPhase[] _members;

    internal PhaseSnapshot(long timestamp, FrozenDictionary<string, int> places, MemberPhase[] members, OrderParameter order, long steps, long faults) =>
        (Timestamp, _places, _members, Order, Steps, Faults) = (timestamp, places, members, order, steps, faults);

    internal static PhaseSnapshot Empty { get; } = new(0, FrozenDictionary<string, int>.Empty, [], default, 0, 0);

    /// <summary>When it was taken, by the clock of the phases.</summary>
    public long Timestamp { get; }

    /// <summary>r and psi of the members that turn.</summary>
    public OrderParameter Order { get; }

    /// <summary>Steps made so far.</summary>
    public long Steps { get; }

    /// <summary>Readings of counters that failed so far.</summary>
    public long Faults { get; }

    public IReadOnlyCollection<string> Names => _places.Keys;

    /// <summary>Null: it is no member.</summary>
    public MemberPhase? Find(string name) => _places.TryGetValue(name, out var place) ? _members[place] : null;

    /// <summary>How long after <paramref name="age"/> a member passes its next boundary, if it turns on by its period; null: it is no member, or does not turn.</summary>
    /// <param name="age">Of the snapshot, now.</param>
    public TimeSpan? UntilBoundary(string name, TimeSpan age)
    {
        if (Find(name) is not { IsTurning: true } member)
            return null;
        var phase = Wrap(member.Phase + 2 * Math.PI * age.TotalSeconds / member.Period.TotalSeconds);
        return (1 - phase / (2 * Math.PI)) * member.Period;
    }

    /// <summary>Where a member is now, if it turns on by its period; null: it is no member, or does not turn.</summary>
    /// <param name="clock">That of the phases.</param>
    public PhaseNow? At(string name, TimeProvider clock)
    {
        if (UntilBoundary(name, clock.GetElapsedTime(Timestamp)) is not { } until)
            return null;
        var period = Find(name)!.Value.Period;
        return new(Math.Clamp(1 - until / period, 0, Math.BitDecrement(1)), period, Order.R);
    }

    /// <returns>0 to below a turn.</returns>
    internal static double Wrap(double phase)
    {
        var turn = phase / (2 * Math.PI);
        var wrapped = (turn - Math.Floor(turn)) * 2 * Math.PI;
        return wrapped < 2 * Math.PI ? wrapped : 0;
    }
}
