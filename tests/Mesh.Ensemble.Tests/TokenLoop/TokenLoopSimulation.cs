using Mesh.Contracts.Experts;
using Mesh.Ensemble.Experts;
using Mesh.Ensemble.Sampling;
using Mesh.Ensemble.TokenLoop;
using Mesh.Simulation.Experts;
using Mesh.Simulation.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Ensemble.Tests.TokenLoop;

/// <summary>
/// One schedule of the token loop in virtual time: a few experts, each with its own faults, a reader that is slow or leaves, all drawn from a seed. What must
/// hold in every one of them is checked as the tokens come.
/// </summary>
internal sealed class TokenLoopSimulation
{
    private const int Vocabulary = 24;
    private readonly Random _random;
    private readonly VirtualTime _time;
    private readonly List<FaultyExpert> _experts = [];
    private readonly SimulatedPool _pool = new();
    private readonly EnsembleOptions _options;
    private readonly List<int> _text;
    private readonly int _promptLength, _maxTokens;
    private readonly SamplingOptions _sampling;

    public TokenLoopSimulation(int seed)
    {
        _random = new(seed);
        _time = new(seed);
        for (var i = _random.Next(1, 7); i > 0; i--)
            AddExpert($"e{i}");
        _options = new()
        {
            K = _random.Next(1, 5),
            OverSelection = _random.Next(3),
            Mix = (MixMode)_random.Next(2),
            Gate = (GateKind)_random.Next(3),
            Speculation = _random.Next(2) * _random.Next(1, 9),
            RefreshInterval = _random.Next(6),
            MinimumDeadline = TimeSpan.FromMilliseconds(_random.Next(10, 200)),
            NegligibleWeight = _random.Next(3) * 0.01,
            TokenTimeout = TimeSpan.FromSeconds(10),
            NoExpertGrace = TimeSpan.FromSeconds(_random.Next(1, 20)),
        };
        _promptLength = _random.Next(1, 60);
        _text = [.. Enumerable.Range(0, _promptLength).Select(_ => _random.Next(Vocabulary))];
        _maxTokens = _random.Next(1, 40);
        _sampling = new() { Temperature = _random.Next(3) * 0.5f, Seed = seed, TopP = _random.Next(2) == 0 ? 1 : 0.9f };
    }

    /// <summary>What was seen, for the tests of the simulation itself.</summary>
    public string Outcome { get; private set; } = "none";
    public int Tokens => _text.Count - _promptLength;
    public int Dropped { get; private set; }
    public int Speculated { get; private set; }

    public void Run()
    {
        _time.Run(async () =>
        {
            try
            {
                await ReadAsync();
            }
            catch (NoExpertException)
            {
                Outcome = "no-expert";
            }
            catch (OperationCanceledException)
            {
                Outcome = "cancelled";
            }
            // What was cancelled ends in its own time.
            await Task.Delay(TimeSpan.FromMinutes(5), _time);
        });
        foreach (var expert in _experts)
        {
            Assert.Empty(expert.Violations);
            Assert.Equal(0, expert.Inner.Sessions);
        }
    }

    private async Task ReadAsync()
    {
        var loop = new EnsembleTokenLoop(_pool, _options, _time, NullLogger<EnsembleTokenLoop>.Instance);
        using var cancellation = new CancellationTokenSource();
        if (_random.Next(8) == 0)
            _ = CancelAsync(cancellation, TimeSpan.FromMilliseconds(_random.Next(3000)));
        var leaveAfter = _random.Next(8) == 0 ? _random.Next(_maxTokens) : int.MaxValue;
        var slow = _random.Next(4) == 0;
        var request = new GenerationRequest
        {
            Prompt = _text.ToArray(), EndTokens = new HashSet<int> { 0 }, MaxTokens = _maxTokens, Sampling = _sampling, Trace = true,
        };
        var finish = FinishReason.None;
        await foreach (var e in loop.RunAsync(request, cancellation.Token))
        {
            Assert.Equal(FinishReason.None, finish);
            Check(e);
            _text.Add(e.Token);
            finish = e.Finish;
            Assert.Equal(e.Token == 0 ? FinishReason.Stop : Tokens == _maxTokens ? FinishReason.Length : FinishReason.None, finish);
            if (Tokens > leaveAfter)
            {
                Outcome = "left";
                return;
            }
            if (slow)
                await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(400)), _time);
        }
        Assert.NotEqual(FinishReason.None, finish);
        Outcome = "finished";
    }

    /// <summary>The mixture must be that of the honest models after exactly the text that was handed out, with the weights of the trace.</summary>
    private void Check(TokenEvent e)
    {
        var votes = e.Trace!.Votes.Where(v => v.Weight > 0).ToList();
        Assert.InRange(votes.Count, 1, _options.K);
        Assert.Equal(1, votes.Sum(v => v.Weight), 1e-4);
        Dropped += e.Trace.Votes.Count(v => v.Dropped is not null);
        Speculated += e.Trace.Mode == "speculative" ? 1 : 0;
        var rows = votes.Select(v => _experts.Single(x => x.Expert == v.Expert).Inner.Model.LogProbabilities(_text.ToArray())).ToList();
        double expected;
        if (_options.Mix == MixMode.Arithmetic)
            expected = Math.Log(votes.Zip(rows).Sum(p => p.First.Weight * Math.Exp(p.Second[e.Token])));
        else
        {
            var mixed = Enumerable.Range(0, Vocabulary).Select(t => votes.Zip(rows).Sum(p => p.First.Weight * p.Second[t])).ToList();
            expected = mixed[e.Token] - Math.Log(mixed.Sum(l => Math.Exp(l)));
        }
        Assert.Equal(expected, e.LogProbability, 1e-3);
    }

    private async Task CancelAsync(CancellationTokenSource cancellation, TimeSpan after)
    {
        await Task.Delay(after, _time);
        try
        {
            await cancellation.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
        }
    }

    private void AddExpert(string name)
    {
        var bad = _random.Next(3);  // 0: nothing goes wrong here
        var plan = new FaultPlan
        {
            MeanDelay = TimeSpan.FromMilliseconds(_random.Next(1, 80)),
            Slow = Rate(0.2), Garbage = Rate(0.3), Twice = Rate(0.2), Never = Rate(0.05), Deaf = Rate(0.01), Death = Rate(0.1),
            Eviction = Rate(0.2), Refusal = Rate(0.2), Bug = Rate(0.05), MeanDowntime = TimeSpan.FromMilliseconds(_random.Next(10, 8000)),
        };
        var expert = new FaultyExpert(new ToyExpert(ExpertId.Parse(name), new(Vocabulary, _random.Next())), plan, _time, _random.Next());
        _experts.Add(expert);
        var listed = new ExpertPeer(expert.Inner.Card, expert);
        _pool.Peers = _pool.Peers.Add(listed);
        if (_random.Next(2) == 0)
        {
            expert.Died += () => _pool.Peers = _pool.Peers.RemoveAll(p => p.Id == expert.Expert);
            expert.CameBack += () => _pool.Peers = _pool.Peers.RemoveAll(p => p.Id == expert.Expert).Add(new(expert.Inner.Card, expert));
        }

        double Rate(double most) => bad == 0 || _random.Next(3) > 0 ? 0 : _random.NextDouble() * most;
    }
}
