using Mesh.Contracts.Experts;
using Mesh.Ensemble.TokenLoop;
using Mesh.Testing.Experts;
using Mesh.Testing.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Ensemble.Tests.TokenLoop;

/// <summary>
/// Experts that matter are awaited past their deadline. Found with eight clients on two cores: most sums were wrong because the one expert that can add
/// came late to the first token.
/// </summary>
public sealed class PatienceTests
{
    private readonly VirtualTime _time = new(1);
    private readonly TestPool _pool = new();

    private void Add(string name, Func<int, TimeSpan?> delay)
    {
        var expert = new DelayedExpert(new(ExpertId.Parse(name), new(30, name[0])), _time, delay);
        _pool.Peers = _pool.Peers.Add(new(expert.Inner.Card, expert));
    }

    private List<(TokenEvent Event, TimeSpan At)> Run(EnsembleOptions options, int tokens)
    {
        var events = new List<(TokenEvent, TimeSpan)>();
        _time.Run(async () =>
        {
            var loop = new EnsembleTokenLoop(_pool, options, _time, NullLogger<EnsembleTokenLoop>.Instance);
            var start = _time.GetTimestamp();
            await foreach (var e in loop.RunAsync(new() { Prompt = new[] { 1, 2, 3 }, EndTokens = new HashSet<int>(), MaxTokens = tokens, Trace = true, Sampling = new() { Seed = 1 } }))
                events.Add((e, _time.GetElapsedTime(start)));
        });
        return events;
    }

    [Fact]
    public void The_first_token_waits_for_every_experts_evidence_of_the_prompt()
    {
        Add("a", _ => TimeSpan.FromMilliseconds(20));
        Add("b", _ => TimeSpan.FromMilliseconds(20));
        Add("c", step => TimeSpan.FromMilliseconds(step == 0 ? 1500 : 20));
        var first = Run(new(), tokens: 3)[0];
        Assert.InRange(first.At.TotalMilliseconds, 1499, 1520);
        Assert.All(first.Event.Trace!.Votes, vote => Assert.Null(vote.Dropped));
    }

    [Fact]
    public void But_not_for_ever()
    {
        Add("a", _ => TimeSpan.FromMilliseconds(20));
        Add("b", step => step == 0 ? null : TimeSpan.FromMilliseconds(20));
        var options = new EnsembleOptions { LeaderPatience = TimeSpan.FromMilliseconds(700), MinimumDeadline = TimeSpan.FromMilliseconds(100) };
        Assert.InRange(Run(options, tokens: 3)[0].At.TotalMilliseconds, 700, 1500);
    }

    [Fact]
    public void Without_patience_the_deadline_alone_counts()
    {
        Add("a", _ => TimeSpan.FromMilliseconds(20));
        Add("b", step => TimeSpan.FromMilliseconds(step == 0 ? 1500 : 20));
        var first = Run(new() { LeaderPatience = TimeSpan.Zero, MinimumDeadline = TimeSpan.FromMilliseconds(100) }, tokens: 3)[0];
        Assert.InRange(first.At.TotalMilliseconds, 99, 600);
    }

    [Fact]
    public void Later_on_a_minority_is_left_out_at_its_deadline()
    {
        foreach (var name in new[] { "a", "b", "c" })
            Add(name, _ => TimeSpan.FromMilliseconds(20));
        Add("d", step => TimeSpan.FromMilliseconds(step == 5 ? 1500 : 20));
        var events = Run(new() { Gate = GateKind.Uniform, MinimumDeadline = TimeSpan.FromMilliseconds(100) }, tokens: 12);
        Assert.All(events.Zip(events.Skip(1), (x, y) => (y.At - x.At).TotalMilliseconds), gap => Assert.InRange(gap, 15, 110));
    }
}
