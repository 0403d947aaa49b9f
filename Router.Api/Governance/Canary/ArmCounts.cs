using Mesh.Governance.Canaries;

namespace Router.Api.Governance.Canary;

/// <summary>Counts of one side. Sessions of a canary that is over count into an object that nobody reads.</summary>
internal sealed class ArmCounts
{
    private readonly Lock _gate = new();
    private readonly long[] _latencies = new long[LatencyBuckets.Count];
    private long _sessions, _errors;
    private Moments _own, _prompt, _feedback;

    /// <summary>A round's time is shared by its tokens. Many sessions call this for every token, so it takes no lock.</summary>
    public void OnRound(TimeSpan elapsed, int tokens) => Interlocked.Add(ref _latencies[LatencyBuckets.Of(elapsed.TotalMilliseconds / tokens)], tokens);

    /// <summary>A session that failed, or that drew a token: one that ended well with none, as a scored prompt does, tells nothing of the answers.</summary>
    public void OnSession(bool failed, double? own, double? prompt)
    {
        if (!failed && own is null)
            return;
        lock (_gate)
        {
            _sessions++;
            if (failed)
                _errors++;
            if (own is { } mean && double.IsFinite(mean))
                _own = _own.With(mean);
            if (prompt is { } known && double.IsFinite(known))
                _prompt = _prompt.With(known);
        }
    }

    public void OnFeedback(bool up)
    {
        lock (_gate)
            _feedback = _feedback.With(up ? 1 : -1);
    }

    public ArmReport Read()
    {
        var latencies = new long[_latencies.Length];
        for (var i = 0; i < latencies.Length; i++)
            latencies[i] = Interlocked.Read(ref _latencies[i]);
        lock (_gate)
            return new(_sessions, _errors, latencies, _own, _prompt, _feedback);
    }
}
