namespace Mesh.Chorus.Windows;

/// <summary>
/// Where experts that wait for the same sessions come into step: at every whole second of the wall clock, known to all without a message. Each waiting for somebody whom another one keeps, they would
/// give up one by one and never agree; at a rally they give up together.
/// </summary>
/// <param name="decode">Mean of a decode, in timestamps.</param>
internal readonly struct Rally(TimeProvider time, long decode)
{
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>Decodes that a rally takes: what is under way ends, the answers go and the sessions come back.</summary>
    private const int Decodes = 3;

    /// <summary>A hold is this or a power of two times as long, so that experts of about the same speed agree on it.</summary>
    private const int ShortestHold = 8, LongestHold = 2;   // shares of the period: an eighth, a half

    /// <summary>The timestamp at which the second began.</summary>
    public long Begin { get; } = time.GetTimestamp() - (long)(TimeSpan.FromTicks(time.GetUtcNow().Ticks % Period.Ticks).TotalSeconds * time.TimestampFrequency);

    /// <summary>Until when nobody gives up.</summary>
    public long End => Begin + Decodes * decode;

    /// <summary>Until when an expert that has just begun to wait for all begins nothing, so that all begin together.</summary>
    public long HoldEnd
    {
        get
        {
            var second = (long)(Period.TotalSeconds * time.TimestampFrequency);
            var hold = second / ShortestHold;
            while (hold < Decodes * decode && hold < second / LongestHold)
                hold <<= 1;
            return Begin + hold;
        }
    }
}
