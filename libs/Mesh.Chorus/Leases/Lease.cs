using Mesh.Ledger.Signing;

namespace Mesh.Chorus.Leases;

/// <summary>
/// Held while a quorum's cosignatures of the newest committed head are no older than <paramref name="time"/> - <paramref name="skew"/>. A cosignature ages by the wall clock
/// and by the time that passed here since it came, whichever is more, so a clock that is set back prolongs nothing. For any number of threads.
/// </summary>
/// <param name="time">T: no minority acts for longer than this after it was cut off.</param>
/// <param name="skew">Most that the clocks of two machines differ.</param>
public sealed class Lease(TimeSpan time, TimeSpan skew, TimeProvider clock)
{
    private static readonly long MostSeconds = DateTimeOffset.MaxValue.ToUnixTimeSeconds();
    private readonly Lock _lock = new();
    private readonly Dictionary<VerifierKey, Seen> _seen = [];
    private long _size = -1;
    private int _quorum = int.MaxValue;

    public bool IsHeld => Remaining > TimeSpan.Zero;

    /// <summary>How long it is held if nothing more comes; zero when it is lost.</summary>
    public TimeSpan Remaining
    {
        get
        {
            lock (_lock)
            {
                if (_seen.Count < _quorum)
                    return TimeSpan.Zero;
                var age = _seen.Values.Select(Age).Order().ElementAt(_quorum - 1);
                return age < time - skew ? time - skew - age : TimeSpan.Zero;
            }
        }
    }

    /// <summary>Takes verified cosignatures of a committed head; of an older head than the newest they are nothing.</summary>
    /// <param name="cosignatures">Each witness's with its time in Unix seconds; one from the future by more than the skew is nothing.</param>
    public void Renew(long size, IEnumerable<(VerifierKey Witness, long Time)> cosignatures, int quorum)
    {
        lock (_lock)
        {
            if (size < _size)
                return;
            if (size > _size)
                _seen.Clear();
            (_size, _quorum) = (size, quorum);
            foreach (var (witness, signed) in cosignatures)
            {
                var age = WallAge(signed);
                // The same cosignature again is no younger than it was.
                if (age >= -skew && (!_seen.TryGetValue(witness, out var seen) || seen.Time < signed))
                    _seen[witness] = new(signed, age > TimeSpan.Zero ? age : TimeSpan.Zero, clock.GetTimestamp());
            }
        }
    }

    /// <summary>Forgets witnesses who are no longer asked, and counts by the new quorum.</summary>
    public void Follow(IReadOnlyCollection<VerifierKey> witnesses, int quorum)
    {
        lock (_lock)
        {
            foreach (var gone in _seen.Keys.Except(witnesses).ToArray())
                _seen.Remove(gone);
            _quorum = quorum;
        }
    }

    private TimeSpan Age(Seen seen)
    {
        var (wall, here) = (WallAge(seen.Time), seen.Age + clock.GetElapsedTime(seen.Timestamp));
        return wall > here ? wall : here;
    }

    private TimeSpan WallAge(long signed) => clock.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(signed, 0, MostSeconds));

    /// <param name="Age">When it came.</param>
    /// <param name="Timestamp">When it came, by the clock that is never set.</param>
    private readonly record struct Seen(long Time, TimeSpan Age, long Timestamp);
}
