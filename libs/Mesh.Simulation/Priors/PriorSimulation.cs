using Mesh.Contracts.Experts;
using Mesh.Ensemble;
using Mesh.Ensemble.TokenLoop;
using Mesh.Simulation.Experts;
using Mesh.Simulation.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Simulation.Priors;

/// <summary>
/// The real token loop and gates over experts that decode in batches, in virtual time: sessions arrive, each with a text of a known source, and read it token by token. One seed is the same
/// sessions and texts whatever the mechanism is, so mechanisms can be compared seed by seed.
/// </summary>
public sealed class PriorSimulation
{
    private const int Experts = 8, K = 2, PromptTokens = 12;
    private const double WarmUp = 0.2, ChangeAt = 0.5;   // of the time
    private static readonly TimeSpan PerBatch = TimeSpan.FromMilliseconds(10), PerToken = TimeSpan.FromMilliseconds(2), Noticed = TimeSpan.FromSeconds(3);

    private readonly PriorScenario _scenario;
    private readonly Random _random;
    private readonly VirtualTime _time;
    private readonly TimeSpan _length;
    private readonly Domains _domains;
    private readonly SimulatedPool _pool = new();
    private readonly List<(BatchedExpert Channel, BlendedModel Model)> _experts = [];
    private readonly EnsembleTokenLoop _loop;
    private readonly PriorTally _tally;
    private readonly ExpertId _changing;

    private PriorSimulation(PriorScenario scenario, PriorMechanism mechanism, int seed, TimeSpan length)
    {
        (_scenario, _random, _time, _length) = (scenario, new(seed), new(seed), length);
        _domains = new(scenario.Domains, seed);
        for (var i = 0; i < Experts; i++)
            _pool.Peers = _pool.Peers.Add(NewExpert(i, scenario.Domains == 2 ? i / 4 : i % 4, scenario.Domains == 2 ? 0.85 - 0.01 * (i % 4) : i < 4 ? 0.85 : 0.7));
        _changing = ExpertId.Parse(scenario.Change switch { ExpertChange.Improves => $"e{Experts - 1}", ExpertChange.Joins => $"e{Experts}", _ => "e0" });
        var model = scenario.Gate == GateKind.Learned
            ? _domains.Train([.. _pool.Peers.Select(p => p.Id.Value)], [.. Enumerable.Range(0, Experts).Select(i => scenario.Domains == 2 ? i / 4 : i % 4)], new(seed)) : null;
        var options = new EnsembleOptions { K = K, Gate = scenario.Gate, RefreshInterval = mechanism.Refresh };
        var priors = mechanism.Create is { } create ? new[] { create(_time, seed) } : [];
        _loop = new(
            _pool, options, _time, NullLogger<EnsembleTokenLoop>.Instance, mechanism.AtStart ? priors : null, model, mechanism.AtStart ? null : priors);
        _tally = new(_time, _time.GetTimestamp() + (WarmUp * length).Ticks, _time.GetTimestamp() + (ChangeAt * length).Ticks, _time.GetTimestamp() + length.Ticks, _changing, scenario.Change);
    }

    /// <param name="length">Of virtual time in which sessions arrive; the first fifth is not counted, and a change comes in the middle.</param>
    public static PriorResult Run(PriorScenario scenario, PriorMechanism mechanism, int seed, TimeSpan length)
    {
        var simulation = new PriorSimulation(scenario, mechanism, seed, length);
        simulation._time.Run(simulation.RunAsync, mostEvents: long.MaxValue);
        return simulation._tally.Result;
    }

    private async Task RunAsync()
    {
        var (running, end) = (new List<Task> { ChangeAsync(), TallyBusyAsync() }, _time.GetTimestamp() + _length.Ticks);
        while (true)
        {
            await Task.Delay(TimeSpan.FromSeconds(-Math.Log(1 - _random.NextDouble()) * _scenario.Burst / _scenario.Rate), _time);
            if (_time.GetTimestamp() >= end)
                break;
            for (var i = 0; i < _scenario.Burst; i++)
            {
                var domain = _random.NextDouble() < _scenario.Skew ? 0 : _random.Next(1, _scenario.Domains);
                running.Add(ReadAsync(domain, _domains.Draw(domain, PromptTokens + _scenario.Tokens, _random), _random.Next()));
            }
        }
        await Task.WhenAll(running);
    }

    private async Task ReadAsync(int domain, int[] text, int seed)
    {
        var session = _tally.Begin(isConcerned: domain == 0);
        var request = new GenerationRequest
        {
            Prompt = text.AsMemory(0, PromptTokens), MaxTokens = _scenario.Tokens, EndTokens = new HashSet<int>(), Sampling = new() { Seed = seed },
            Constraint = new Dictation(text.AsMemory(PromptTokens)), Observer = session,
        };
        var (best, next) = (_domains.LogProbabilities(domain, text), PromptTokens);
        await foreach (var token in _loop.RunAsync(request))
            session.OnToken(best[next++] - token.LogProbability);
        session.End();
    }

    private async Task ChangeAsync()
    {
        await Task.Delay(ChangeAt * _length, _time);
        switch (_scenario.Change)
        {
            case ExpertChange.Worsens:
                _experts[0].Model.Shares = Shares(home: 1, 0.85);
                break;
            case ExpertChange.Improves:
                _experts[^1].Model.Shares = Shares(home: 0, 0.97);
                break;
            case ExpertChange.Joins:
                _pool.Peers = _pool.Peers.Add(NewExpert(Experts, home: 0, 0.97));
                break;
            case ExpertChange.Dies:
                _experts[0].Channel.IsDown = true;
                await Task.Delay(Noticed, _time);
                _pool.Peers = _pool.Peers.RemoveAt(0);
                break;
        }
    }

    private async Task TallyBusyAsync()
    {
        await Task.Delay(WarmUp * _length, _time);
        var before = _experts.Select(e => e.Channel.Busy).ToArray();
        await Task.Delay((1 - WarmUp) * _length, _time);
        _tally.OnBusy([.. before.Select((b, i) => (_experts[i].Channel.Busy - b).TotalSeconds)]);
    }

    private Mesh.Ensemble.Experts.ExpertPeer NewExpert(int number, int home, double share)
    {
        var model = new BlendedModel(_domains.Sources, Shares(home, share));
        var toy = new ToyExpert(ExpertId.Parse($"e{number}"), model);
        var channel = new BatchedExpert(toy, _time, PerBatch, PerToken);
        _experts.Add((channel, model));
        return new(toy.Card, channel);
    }

    private double[] Shares(int home, double share) =>
        [.. Enumerable.Range(0, _scenario.Domains).Select(d => d == home ? share : (1 - share) / (_scenario.Domains - 1))];
}
