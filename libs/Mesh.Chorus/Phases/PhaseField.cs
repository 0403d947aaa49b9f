using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Mesh.Chorus.Phases;

/// <summary>
/// The coupled phases of a changing set of members. Whoever decodes writes to a <see cref="CycleCounter"/> and reads <see cref="Current"/>; <see cref="Advance"/> reads the counters and writes the
/// snapshot. The two sides share no lock, and neither waits for the other.
/// </summary>
public sealed class PhaseField
{
    private readonly Random _random;
    private ImmutableDictionary<string, ICycleCounter> _joined = ImmutableDictionary<string, ICycleCounter>.Empty, _followed;
    private PhaseSnapshot _current = PhaseSnapshot.Empty;
    private PhaseMember[] _members = [], _turning = [];
    private FrozenDictionary<string, int> _places = FrozenDictionary<string, int>.Empty;
    private Kuramoto _oscillators = new([], []);
    private double[] _increments = [];
    private long _at, _steps, _faults;

    /// <exception cref="ArgumentException">The options are out of range; the message lists every fault.</exception>
    public PhaseField(PhaseOptions options, TimeProvider clock)
    {
        if (options.Faults() is { Count: > 0 } faults)
            throw new ArgumentException(string.Join(" ", faults), nameof(options));
        (Options, Clock, _random, _followed, _at) = (options, clock, new(options.Seed), _joined, clock.GetTimestamp());
    }

    public PhaseOptions Options { get; }

    /// <summary>That of the counters, too.</summary>
    public TimeProvider Clock { get; }

    /// <summary>The newest snapshot; one read.</summary>
    public PhaseSnapshot Current => Volatile.Read(ref _current);

    /// <summary>From any thread. With another counter than before it is measured anew.</summary>
    public void Join(string name, ICycleCounter counter) => ImmutableInterlocked.AddOrUpdate(ref _joined, name, counter, (_, _) => counter);

    /// <summary>From any thread; nothing if it is no member, or has another counter by now.</summary>
    public void Leave(string name, ICycleCounter counter) =>
        ImmutableInterlocked.Update(ref _joined, static (joined, gone) => joined.TryGetValue(gone.name, out var now) && now == gone.counter ? joined.Remove(gone.name) : joined, (name, counter));

    /// <summary>Turns the phases on to now, looks at every member, and publishes. One caller at a time: the <see cref="PhaseLoop"/>, or a simulation with its own order of events.</summary>
    public void Advance()
    {
        var now = Clock.GetTimestamp();
        Turn(now);
        Follow(now);
        Publish(now);
    }

    /// <summary>Never a longer step than the options have, and never more of them than can be made at once: after a longer pause the phases go on from where they were.</summary>
    private void Turn(long now)
    {
        var (lag, longest) = (Clock.GetElapsedTime(_at, now).TotalSeconds, Options.Step.TotalSeconds);
        _at = now;
        var steps = (int)Math.Clamp(Math.Ceiling(lag / longest), 0, Options.MostSteps);
        var dt = steps > 0 ? Math.Min(lag / steps, longest) : 0;
        for (var step = 0; step < steps; step++)
        {
            if (Options.Noise > 0)
                Brownian.Fill(_increments, dt, _random);
            _oscillators.Step(dt, Options.Coupling, Options.Noise, _increments);
        }
        _steps += steps;
        for (var i = 0; i < _turning.Length; i++)
            _turning[i].Phase = PhaseSnapshot.Wrap(_oscillators.Phases[i]);
    }

    private void Follow(long now)
    {
        if (Volatile.Read(ref _joined) is var joined && joined != _followed)
        {
            var known = _members.ToDictionary(m => m.Name);
            _members = [.. joined.Select(j => known.TryGetValue(j.Key, out var member) && member.Counter == j.Value ? member : new(j.Key, j.Value))];
            _places = _members.Select((m, place) => (m.Name, place)).ToFrozenDictionary(m => m.Name, m => m.place);
            _followed = joined;
        }
        foreach (var member in _members)
            member.Follow(Read(member.Counter), now, Options, Clock);
        var turning = Array.FindAll(_members, static m => m.IsTurning);
        if (!turning.AsSpan().SequenceEqual(_turning))
        {
            _turning = turning;
            _increments = Options.Noise > 0 ? new double[turning.Length] : [];
            _oscillators = new([.. turning.Select(m => m.Phase)], new double[turning.Length]);
        }
        for (var i = 0; i < turning.Length; i++)
            _oscillators.Frequencies[i] = 2 * Math.PI / turning[i].Period;
    }

    /// <returns>Null: whoever counts failed, which ends nothing; a member that stays silent becomes idle.</returns>
    private CycleReading? Read(ICycleCounter counter)
    {
        try
        {
            return counter.Read();
        }
        catch (Exception)
        {
            _faults++;
            return null;
        }
    }

    private void Publish(long now)
    {
        var members = new MemberPhase[_members.Length];
        for (var i = 0; i < members.Length; i++)
            members[i] = new(_members[i].Phase, TimeSpan.FromSeconds(_members[i].Period), _members[i].IsTurning);
        Volatile.Write(ref _current, new(now, _places, members, _oscillators.Order, _steps, _faults));
    }
}
