namespace Mesh.Bench.Chorus;

/// <summary>A wall clock that stands still between an arm's slices, so that a trial by the clock goes on in its next slice as if nothing had been between.</summary>
internal sealed class SliceClock : TimeProvider
{
    private readonly DateTimeOffset _start = DateTimeOffset.UnixEpoch;
    private long _ran, _since = -1;

    public void Go() => Volatile.Write(ref _since, GetTimestamp());

    public void Stand()
    {
        _ran += GetElapsedTime(_since).Ticks;
        Volatile.Write(ref _since, -1);
    }

    public override DateTimeOffset GetUtcNow() => Volatile.Read(ref _since) is >= 0 and var since ? _start.AddTicks(_ran) + GetElapsedTime(since) : _start.AddTicks(_ran);
}
