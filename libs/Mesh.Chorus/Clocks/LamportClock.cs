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

    /// <summary>How far one message may push the clock: whoever lies needs millions of messages to use it up.</summary>
    public const long MostAhead = 1L << 32;

    private const long Block = 4096;
    private readonly Lock _lock = new();
    private long _now = Checked(start), _reserved = start;

    /// <summary>The last stamp.</summary>
    public long Now => Volatile.Read(ref _now);

    /// <summary>The stamp of an event here, sending included.</summary>
    /// <exception cref="IOException">The stamp could not be made durable; nothing happened.</exception>
    public long Tick()
    {
        lock (_lock)
            return Advance(_now);
    }

    /// <summary>The stamp of receiving a message.</summary>
    /// <param name="seen">The message's stamp.</param>
    /// <param name="stamp">Above both; 0 if the message's stamp is none or too far ahead, then the clock did not move.</param>
    public bool TryReceive(long seen, out long stamp)
    {
        lock (_lock)
        {
            var isSane = seen >= 0 && seen <= Most - Block && seen <= _now + MostAhead;
            stamp = isSane ? Advance(Math.Max(_now, seen)) : 0;
            return isSane;
        }
    }

    /// <summary>Goes to a stamp that the mesh committed, however far ahead: a new node's first sight of an old mesh.</summary>
    public void Raise(long committed)
    {
        lock (_lock)
        {
            if (Checked(committed) > _now)
                Advance(committed - 1);
        }
    }

    private long Advance(long above)
    {
        if (above >= Most)
            throw new InvalidOperationException("The Lamport clock is used up.");
        var next = above + 1;
        if (reserve is not null && next > _reserved)
        {
            var reserved = Math.Min(next + Block, Most);
            reserve(reserved);
            _reserved = reserved;
        }
        Volatile.Write(ref _now, next);
        return next;
    }

    private static long Checked(long value) =>
        value is >= 0 and <= Most ? value : throw new ArgumentOutOfRangeException(nameof(value), value, $"A stamp is from 0 to {Most}.");
}
