namespace Mesh.Chorus.Windows;

/// <summary>
/// Where experts that wait for the same sessions come into step: at the beginning of every <see cref="Epoch"/>, known to all without a message. Each waiting for somebody whom another one keeps, they would
/// give up one by one and never agree; at a rally they give up together.
/// </summary>
internal readonly struct Rally
{
    /// <summary>Decodes that a rally takes: what is under way ends, the answers go and the sessions come back.</summary>
    private const int Decodes = 3;

    /// <summary>A hold is this or a power of two times as long, so that experts of about the same speed agree on it; half an epoch or <see cref="BatchWindow.MostPatience"/> at most.</summary>
    private static readonly TimeSpan ShortestHold = TimeSpan.FromMilliseconds(125);

    /// <param name="decode">Mean of a decode.</param>
    public Rally(TimeProvider time, TimeSpan decode)
    {
        var period = Epoch.For(decode, Epoch.Shortest);
        var hold = ShortestHold;
        while (hold < Decodes * decode && hold < period / 2 && hold < BatchWindow.MostPatience)
            hold *= 2;
        Begin = time.GetTimestamp() - Timestamps(TimeSpan.FromTicks(time.GetUtcNow().Ticks % period.Ticks));
        (End, HoldEnd) = (Begin + Timestamps(Decodes * decode), Begin + Timestamps(hold));

        long Timestamps(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);
    }

    /// <summary>The timestamp at which the epoch began.</summary>
    public long Begin { get; }

    /// <summary>Until when nobody gives up.</summary>
    public long End { get; }

    /// <summary>Until when an expert that has just begun to wait for all begins nothing, so that all begin together.</summary>
    public long HoldEnd { get; }
}
