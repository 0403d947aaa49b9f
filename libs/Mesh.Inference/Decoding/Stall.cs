namespace Mesh.Inference.Decoding;

/// <summary>For how long a computation has not moved, as far as those who ask have seen. Safe for concurrent use.</summary>
internal sealed class Stall(TimeProvider time)
{
    private readonly Lock _gate = new();
    private long _moved = time.GetTimestamp();
    private (int, long) _seen;

    /// <param name="pulse">Anything that changes while it moves.</param>
    public TimeSpan Of((int, long) pulse, bool isIdle)
    {
        lock (_gate)
        {
            if (!isIdle && pulse == _seen)
                return time.GetElapsedTime(_moved);
            (_seen, _moved) = (pulse, time.GetTimestamp());
            return TimeSpan.Zero;
        }
    }
}
