namespace Router.Api.Hosting;

/// <summary>When this router began: what OpenAI calls a model's creation.</summary>
internal sealed class RouterClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    public long StartedUnixSeconds { get; } = time.GetUtcNow().ToUnixTimeSeconds();

    public long UptimeSeconds => (long)time.GetElapsedTime(_start).TotalSeconds;
}
