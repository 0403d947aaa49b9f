using System.Collections.Concurrent;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Observations;
using Mesh.Governance.Canaries;

namespace Router.Api.Observations;

/// <summary>What was counted in one part of the window. Tokens are counted without a lock, and allocate nothing once every expert has answered.</summary>
internal sealed class ObservationSlice(DateTimeOffset from)
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<ObservedAnswer, double> _answers = new();   // the most probable one first, which is the next to go
    private readonly Dictionary<string, KeyCounts> _keys = [];

    public DateTimeOffset From => from;

    public long Completions, Errors, Tokens, BusyTicks;

    public LatencyCounts TokenTimes { get; } = new();
    public LatencyCounts FirstTokens { get; } = new();
    public ConcurrentDictionary<ExpertId, ExpertCounts> Experts { get; } = new();

    /// <summary>Whether an answer of this log-probability would be kept, so that nobody words one in vain.</summary>
    public bool Wants(double logProbability)
    {
        lock (_gate)
            return _answers.Count < RouterObservations.MostAnswers || (_answers.TryPeek(out _, out var best) && -best > logProbability);
    }

    public void Keep(ObservedAnswer answer)
    {
        lock (_gate)
        {
            _answers.Enqueue(answer, -answer.LogProbability);
            if (_answers.Count > RouterObservations.MostAnswers)
                _answers.Dequeue();
        }
    }

    public IReadOnlyList<ObservedAnswer> Answers()
    {
        lock (_gate)
            return [.. _answers.UnorderedItems.Select(a => a.Element)];
    }

    public void OnKey(string name, int status, string source, bool isBackground)
    {
        lock (_gate)
        {
            if (!_keys.TryGetValue(name, out var counts))
                _keys[name] = counts = new();
            counts.Add(status, source, isBackground);
        }
    }

    public IReadOnlyList<(string Name, long Requests, long Errors, long RateLimited, string[] Sources)> Keys()
    {
        lock (_gate)
            return [.. _keys.Select(k => (k.Key, k.Value.Requests, k.Value.Errors, k.Value.RateLimited, k.Value.Sources.ToArray()))];
    }

    private sealed class KeyCounts
    {
        private const int MostSources = 256;

        public long Requests, Errors, RateLimited;

        public HashSet<string> Sources { get; } = [];

        public void Add(int status, string source, bool isBackground)
        {
            // Whoever copied a key would call its use background work: where it comes from is seen all the same.
            if (!isBackground)
                Count(status);
            if (Sources.Count < MostSources)
                Sources.Add(source);
        }

        /// <summary>A refusal is the caller's: what failed or is halted here is none.</summary>
        private void Count(int status)
        {
            Requests++;
            if (status is StatusCodes.Status400BadRequest or StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden)
                Errors++;
            else if (status == StatusCodes.Status429TooManyRequests)
                RateLimited++;
        }
    }
}

/// <summary>One expert's part in tokens.</summary>
internal sealed class ExpertCounts
{
    private const double Unit = 1e6;   // of the weight, so that it adds up without a lock
    private long _asked, _dropped, _weight;

    public LatencyCounts Times { get; } = new();
    public long Asked => Interlocked.Read(ref _asked);
    public long Dropped => Interlocked.Read(ref _dropped);
    public double Weight => Interlocked.Read(ref _weight) / Unit;

    public void Add(float weight, TimeSpan? answered, int tokens)
    {
        Interlocked.Add(ref _asked, tokens);
        Interlocked.Add(ref _weight, (long)(weight * tokens * Unit));
        if (answered is { } elapsed)
            Times.Add(elapsed, 1);
        else
            Interlocked.Add(ref _dropped, tokens);
    }
}

/// <summary>Counts by <see cref="LatencyBuckets"/>.</summary>
internal sealed class LatencyCounts
{
    private readonly long[] _counts = new long[LatencyBuckets.Count];

    public void Add(TimeSpan elapsed, int count) => Interlocked.Add(ref _counts[LatencyBuckets.Of(elapsed.TotalMilliseconds)], count);

    /// <summary>In milliseconds; 0 when nothing was counted.</summary>
    /// <param name="share">0 to 1.</param>
    public static double Percentile(IEnumerable<LatencyCounts> parts, double share)
    {
        var sum = new long[LatencyBuckets.Count];
        foreach (var part in parts)
            for (var i = 0; i < sum.Length; i++)
                sum[i] += Interlocked.Read(ref part._counts[i]);
        return LatencyBuckets.At(sum, Math.Max(1, (long)Math.Ceiling(share * sum.Sum())));
    }
}
