namespace AppHost.Terminal;

/// <summary>The one console that everything writes to, a line at a time.</summary>
internal sealed class Screen(TimeProvider time)
{
    private readonly Lock _gate = new();
    private long _newest = time.GetTimestamp();
    private long _stopping;

    /// <summary>How long nothing was written.</summary>
    public TimeSpan Quiet => time.GetElapsedTime(Volatile.Read(ref _newest));

    public bool IsStopping => Volatile.Read(ref _stopping) != 0;

    public void Write(string line)
    {
        lock (_gate)
        {
            Console.WriteLine(line);
            _newest = time.GetTimestamp();
        }
    }

    /// <summary>From here on only AppHost itself speaks: everything else is about the others being gone. Said once, by whoever knows it first.</summary>
    public void OnStopping()
    {
        if (Interlocked.CompareExchange(ref _stopping, time.GetTimestamp(), 0) == 0)
            Write("Stopping.");
    }

    /// <summary>Before the mesh was up.</summary>
    public void OnInterrupted()
    {
        OnStopping();
        Write("The start was interrupted; what had begun ends with it.");
    }

    public void OnStopped()
    {
        OnStopping();
        Write($"Stopped everything in {time.GetElapsedTime(Volatile.Read(ref _stopping)).TotalSeconds:0.0} s.");
    }
}
