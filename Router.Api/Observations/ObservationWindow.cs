using System.Security.Cryptography;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Observations;
using Mesh.Inference.Tokenizer;
using Microsoft.Extensions.Options;
using Router.Api.Hosting;
using Router.Api.Security;

namespace Router.Api.Observations;

/// <summary>
/// What this router saw in <see cref="RouterOptions.ObservationWindow"/>, in memory and bounded: users' completions, what experts had to do with them, and requests that were refused.
/// It is kept in slices, of which the oldest goes when a new one begins.
/// </summary>
internal sealed class ObservationWindow(IOptions<RouterOptions> options, ApiKeys keys, TimeProvider time)
{
    private const int Slices = 12;
    private const int MostPath = 256;

    private readonly Lock _gate = new();
    private readonly string _run = RandomNumberGenerator.GetHexString(16, lowercase: true);
    private readonly long _length = options.Value.ObservationWindow.Ticks / Slices;
    private readonly Queue<SecurityEvent> _security = new();
    private readonly List<ObservationSlice> _slices = [new(time.GetUtcNow())];
    private ObservationSlice _current = null!;
    private long _end = long.MinValue, _busySince;
    private int _running;

    /// <summary>Whether prompts and answers may be shown: people who need no key are one and the same.</summary>
    public bool KeepsTexts { get; } = options.Value.ObserveTexts ?? !keys.Required;

    private long Now => time.GetElapsedTime(0).Ticks;

    /// <summary>The newest slice.</summary>
    public ObservationSlice Current => Now < Volatile.Read(ref _end) ? _current : Turn();

    /// <summary>A user's completion begins to generate; <see cref="OnEnd"/> must follow.</summary>
    public void OnBegin()
    {
        lock (_gate)
            if (_running++ == 0)
                _busySince = Now;
    }

    public void OnEnd()
    {
        var slice = Current;
        lock (_gate)
            if (--_running == 0)
                slice.BusyTicks += Now - _busySince;
    }

    public void OnCompletion(bool failed)
    {
        var slice = Current;
        Interlocked.Increment(ref failed ? ref slice.Errors : ref slice.Completions);
    }

    public void OnFirstToken(TimeSpan elapsed) => Current.FirstTokens.Add(elapsed, 1);

    /// <summary>A round's tokens, which share its time.</summary>
    /// <param name="isFirst">It began with the prompt, which is no token's time.</param>
    public void OnRound(TimeSpan elapsed, int tokens, bool isFirst)
    {
        var slice = Current;
        Interlocked.Add(ref slice.Tokens, tokens);
        if (!isFirst)
            slice.TokenTimes.Add(elapsed / tokens, tokens);
    }

    public void OnVote(ExpertId expert, float weight, TimeSpan? answered, int tokens) => Current.Experts.GetOrAdd(expert, static _ => new()).Add(weight, answered, tokens);

    /// <param name="prompt">Tokens.</param>
    /// <param name="answer">Tokens, the first ones.</param>
    public void OnAnswer(string id, ModelTokenizer tokenizer, ReadOnlySpan<int> prompt, ReadOnlySpan<int> answer, double logProbability, int tokens)
    {
        var slice = Current;
        if (KeepsTexts && tokens > 0 && double.IsFinite(logProbability) && slice.Wants(logProbability))
            slice.Keep(new(id, time.GetUtcNow(), Text(prompt), Text(answer), logProbability, tokens));

        string Text(ReadOnlySpan<int> part) => ObservedText.Cut(tokenizer.Decode(part[..Math.Min(part.Length, RouterObservations.MostText)]))!;
    }

    /// <param name="isBackground">The mesh's own work, which says nothing of how the key's owner uses it.</param>
    public void OnKey(string name, int status, string source, bool isBackground = false) => Current.OnKey(name, status, source, isBackground);

    public void OnRefused(string kind, string? key, string source, string path)
    {
        lock (_gate)
        {
            if (_security.Count == RouterObservations.MostEvents)
                _security.Dequeue();
            _security.Enqueue(new(time.GetUtcNow(), kind, key, source, ObservedText.Cut(path, MostPath)!));
        }
    }

    /// <param name="feedback">Newest first.</param>
    public RouterObservations Read(IReadOnlyList<ObservedFeedback> feedback)
    {
        _ = Current;
        var now = time.GetUtcNow();
        lock (_gate)
        {
            var (slices, from) = (_slices.ToArray(), _slices[0].From);
            return new(
                _run, from, now, TrafficOf(slices), ExpertsOf(slices), [.. slices.SelectMany(s => s.Answers()).OrderBy(a => a.LogProbability).Take(RouterObservations.MostAnswers)],
                [.. feedback.Where(f => f.At >= now - options.Value.ObservationWindow)], [.. _security.Where(e => e.At >= from).Reverse()], KeysOf(slices));
        }
    }

    private Traffic TrafficOf(ObservationSlice[] slices)
    {
        var busy = TimeSpan.FromTicks(slices.Sum(s => s.BusyTicks) + (_running > 0 ? Now - _busySince : 0));
        var tokens = slices.Sum(s => Interlocked.Read(ref s.Tokens));
        return new(
            slices.Sum(s => Interlocked.Read(ref s.Completions)), slices.Sum(s => Interlocked.Read(ref s.Errors)), tokens, busy > TimeSpan.Zero ? tokens / busy.TotalSeconds : 0,
            LatencyCounts.Percentile(slices.Select(s => s.TokenTimes), 0.5), LatencyCounts.Percentile(slices.Select(s => s.TokenTimes), 0.99), LatencyCounts.Percentile(slices.Select(s => s.FirstTokens), 0.99));
    }

    private static IReadOnlyList<ExpertUse> ExpertsOf(ObservationSlice[] slices)
    {
        var parts = slices.SelectMany(s => s.Experts).ToLookup(e => e.Key, e => e.Value);
        var all = parts.Sum(p => p.Sum(c => c.Weight));
        return
        [
            .. parts.OrderBy(p => p.Key.Value, StringComparer.Ordinal).Select(p => new ExpertUse(
                p.Key.Value, all > 0 ? p.Sum(c => c.Weight) / all : 0, p.Sum(c => c.Asked), p.Sum(c => c.Dropped),
                LatencyCounts.Percentile(p.Select(c => c.Times), 0.5), LatencyCounts.Percentile(p.Select(c => c.Times), 0.99))),
        ];
    }

    private static IReadOnlyList<KeyUse> KeysOf(ObservationSlice[] slices) =>
    [
        .. slices.SelectMany(s => s.Keys()).GroupBy(k => k.Name).OrderBy(k => k.Key, StringComparer.Ordinal).Select(k => new KeyUse(
            k.Key, k.Sum(u => u.Requests), k.Sum(u => u.Errors), k.Sum(u => u.RateLimited), k.SelectMany(u => u.Sources).Distinct().Count())),
    ];

    private ObservationSlice Turn()
    {
        lock (_gate)
        {
            var now = Now;
            if (now < _end)
                return _current;
            if (_current is not null)
            {
                if (_running > 0)
                    (_current.BusyTicks, _busySince) = (_current.BusyTicks + now - _busySince, now);
                _slices.Add(new(time.GetUtcNow()));
            }
            _slices.RemoveAll(s => s != _slices[^1] && s.From < time.GetUtcNow() - options.Value.ObservationWindow);
            _current = _slices[^1];
            Volatile.Write(ref _end, now + _length);
            return _current;
        }
    }
}
