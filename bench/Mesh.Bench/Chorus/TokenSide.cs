using System.Diagnostics;
using Mesh.Bench.Running;
using Mesh.Ensemble.TokenLoop;

namespace Mesh.Bench.Chorus;

/// <summary>One arm: the token loop with one way of having phases, and what its tokens took.</summary>
/// <param name="pace">Null: without phases.</param>
internal sealed class TokenSide(EnsembleTokenLoop loop, IGenerationPace? pace)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);
    private readonly List<double> _all = [];

    /// <summary>Mean milliseconds of a token, by round.</summary>
    public List<double> Milliseconds { get; } = [];

    /// <summary>Tokens a second, by round.</summary>
    public List<double> Rates { get; } = [];

    public double P99 => _all.Percentile(0.99);

    /// <summary>Tokens of some sessions at once for a while, from when each has its first one: that is the prompt's.</summary>
    /// <param name="lead">Not counted: the caches get warm, and a queue fills.</param>
    /// <param name="most">Of a session.</param>
    public async Task RoundAsync(int sessions, TimeSpan lead, TimeSpan counted, int most = int.MaxValue)
    {
        using var end = new CancellationTokenSource(Deadline);
        var window = new Window(sessions, lead, counted);
        var took = await Task.WhenAll(Enumerable.Range(0, sessions).Select(i => Task.Run(() => SessionAsync(i, window, most, end.Token))));
        var gaps = took.SelectMany(t => t.Gaps).ToList();
        if (gaps.Count == 0)
            throw new InvalidOperationException("No token came in a whole round.");
        _all.AddRange(gaps);
        Milliseconds.Add(gaps.Average());
        Rates.Add(gaps.Count / Stopwatch.GetElapsedTime(window.From, Math.Min(took.Max(t => t.Last), window.To)).TotalSeconds);
    }

    private async Task<(List<double> Gaps, long Last)> SessionAsync(int seed, Window window, int most, CancellationToken cancellationToken)
    {
        var request = new GenerationRequest { Prompt = new[] { 5 }, EndTokens = new HashSet<int>(), MaxTokens = 60_000, Sampling = new() { Temperature = 0.8f, Seed = seed }, Pace = pace };
        var (gaps, last) = (new List<double>(), 0L);
        await foreach (var _ in loop.RunAsync(request, cancellationToken))
        {
            var now = Stopwatch.GetTimestamp();
            if (last == 0)
                window.Arrive(now);
            else if (now >= window.From && now < window.To)
                gaps.Add(Stopwatch.GetElapsedTime(last, now).TotalMilliseconds);
            last = now;
            if (now >= window.To || gaps.Count >= most)
                break;
        }
        return (gaps, last);
    }

    /// <summary>From when to when tokens count; it opens when the last session has come.</summary>
    private sealed class Window(int sessions, TimeSpan lead, TimeSpan counted)
    {
        private long _from = long.MaxValue, _to = long.MaxValue;
        private int _missing = sessions;

        public long From => Volatile.Read(ref _from);

        public long To => Volatile.Read(ref _to);

        public void Arrive(long now)
        {
            if (Interlocked.Decrement(ref _missing) > 0)
                return;
            var from = now + (long)(lead.TotalSeconds * Stopwatch.Frequency);
            Volatile.Write(ref _to, from + (long)(counted.TotalSeconds * Stopwatch.Frequency));
            Volatile.Write(ref _from, from);
        }
    }
}
