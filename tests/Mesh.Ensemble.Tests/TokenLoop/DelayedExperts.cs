using System.Diagnostics.Metrics;
using Mesh.Contracts.Experts;
using Mesh.Ensemble.Experts;
using Mesh.Ensemble.TokenLoop;
using Mesh.Simulation.Experts;
using Mesh.Simulation.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Ensemble.Tests.TokenLoop;

/// <summary>A token loop in virtual time over experts that take as long, and fail, as a test says.</summary>
public abstract class DelayedExperts
{
    private protected readonly VirtualTime _time = new(1);
    private protected readonly SimulatedPool _pool = new();
    private protected readonly List<(TokenEvent Event, TimeSpan At)> _events = [];

    private protected DelayedExpert Add(string name, Func<int, TimeSpan?> delay)
    {
        var expert = new DelayedExpert(new(ExpertId.Parse(name), new(30, name[0])), _time, delay);
        _pool.Peers = _pool.Peers.Add(new(expert.Inner.Card, expert));
        return expert;
    }

    private protected static Func<int, TimeSpan?> Always(int milliseconds) => _ => TimeSpan.FromMilliseconds(milliseconds);

    private protected void Run(EnsembleOptions options, int tokens = 20, Func<int, Task>? reading = null) => _time.Run(async () =>
    {
        var loop = new EnsembleTokenLoop(_pool, options, _time, NullLogger<EnsembleTokenLoop>.Instance);
        var start = _time.GetTimestamp();
        await foreach (var e in loop.RunAsync(new()
        {
            Prompt = new[] { 1, 2, 3 }, EndTokens = new HashSet<int>(), MaxTokens = tokens, Trace = true, Sampling = new() { Seed = 1 },
        }))
        {
            _events.Add((e, _time.GetElapsedTime(start)));
            if (reading is not null)
                await reading(_events.Count);
        }
    });

    /// <summary>"a" alone is asked for each token after the first, and nobody else while it is there.</summary>
    private protected static readonly EnsembleOptions FirstChoice = new()
    {
        K = 1, Gate = GateKind.Uniform, Hysteresis = 1000, RefreshInterval = 0, NegligibleWeight = 1, MinimumDeadline = TimeSpan.FromMilliseconds(100),
    };

    private protected IEnumerable<string?> DropsOf(string expert) =>
        _events.Select(e => e.Event.Trace!.Votes.SingleOrDefault(v => v.Expert.Value == expert) is { } vote ? vote.Dropped : "not asked");
}
