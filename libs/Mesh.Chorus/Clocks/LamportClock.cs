namespace Mesh.Chorus.Clocks;

/// <summary>
/// A Lamport clock: up by one at every event, and above every value seen in a message. If a happened before b, the stamp of a is the lower one. For any number of threads.
/// </summary>
/// <param name="start">The last value that <paramref name="reserve"/> got before this process started.</param>
/// <param name="reserve">Makes a value durable before the clock comes near it, so that after a restart the clock is above every stamp given; null where nobody restarts.</param>
public sealed class LamportClock(long start = 0, Action<long>? reserve = null)
{
    /// <summary>Integers up to here survive JSON (RFC 8785 writes doubles).</summary>
    public const long Most = (1L << 53) - 1;

    /// <summary>How far one message may push the clock: whoever lies needs billions of messages to use it up, and who is further behind comes there with several.</summary>
    public const long MostAhead = 1L << 20;

    private const long Block = 4096;

    /// <summary>Held over memory alone.</summary>
    private readonly Lock _lock = new();

    /// <summary>Held over a write; who may not wait for a disk does not take it.</summary>
    private readonly Lock _reserving = new();
    private long _now = Checked(start), _reserved = reserve is null ? Most : start;

    /// <summary>The last stamp.</summary>
    public long Now => Volatile.Read(ref _now);

    /// <summary>The stamp of an event here, sending included.</summary>
    /// <exception cref="IOException">The stamp could not be made durable; nothing happened.</exception>
    /// <exception cref="InvalidOperationException">The clock is used up.</exception>
    public long Tick()
    {
        long stamp;
        while (!TryAdvance(0, out stamp))
            Reserve(stamp);
        return stamp;
    }

    /// <summary>As <see cref="Tick"/> where no stamp is better than a fault.</summary>
    /// <param name="mayWrite">False: it waits for no disk, and there is no stamp when none is reserved.</param>
    public bool TryTick(out long stamp, bool mayWrite = true) => TryGoTo(0, out stamp, mayWrite);

    /// <summary>The stamp of receiving a message: above its own and above the message's, unless that is further ahead than <see cref="MostAhead"/>; then the clock goes so far towards it.</summary>
    /// <param name="seen">The message's stamp.</param>
    /// <param name="stamp">0 if the message's stamp is none or the new one cannot be made durable; then the clock did not move.</param>
    /// <param name="mayWrite">False: it waits for no disk.</param>
    public bool TryReceive(long seen, out long stamp, bool mayWrite = true)
    {
        stamp = 0;
        return seen is >= 0 and <= Most - Block && TryGoTo(seen, out stamp, mayWrite);
    }

    /// <summary>Goes to a stamp that the mesh committed, however far ahead: a new node's first sight of an old mesh. Where that cannot be made durable it stays, and comes there by messages.</summary>
    public void Raise(long committed)
    {
        _ = Checked(committed);
        if (!TryReserve(committed))
            return;
        lock (_lock)
            Volatile.Write(ref _now, Math.Max(_now, committed));
    }

    private bool TryGoTo(long seen, out long stamp, bool mayWrite)
    {
        while (!TryAdvance(seen, out stamp))
            if (!mayWrite || !TryReserve(stamp))
            {
                stamp = 0;
                return false;
            }
        if (mayWrite && Volatile.Read(ref _reserved) - stamp < Block / 2)
            TryReserve(stamp + Block / 2);   // so that there are some for who may not wait
        return true;
    }

    /// <param name="stamp">The next one, given or not.</param>
    private bool TryAdvance(long seen, out long stamp)
    {
        lock (_lock)
        {
            stamp = Math.Max(_now, Math.Min(seen, _now + MostAhead)) + 1;
            if (stamp > _reserved)
                return false;
            Volatile.Write(ref _now, stamp);
            return true;
        }
    }

    private bool TryReserve(long stamp)
    {
        try
        {
            Reserve(stamp);
            return true;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return false;
        }
    }

    private void Reserve(long stamp)
    {
        if (stamp > Most)
            throw new InvalidOperationException("The Lamport clock is used up.");
        lock (_reserving)
        {
            if (stamp <= _reserved)
                return;   // another did it meanwhile
            var reserved = Math.Min(stamp + Block, Most);
            reserve!(reserved);
            Volatile.Write(ref _reserved, reserved);
        }
    }

    private static long Checked(long value) =>
        value is >= 0 and <= Most ? value : throw new ArgumentOutOfRangeException(nameof(value), value, $"A stamp is from 0 to {Most}.");
}
