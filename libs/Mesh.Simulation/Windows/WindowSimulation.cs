using Mesh.Chorus.Phases;
using Mesh.Simulation.Events;

namespace Mesh.Simulation.Windows;

/// <summary>
/// A closed loop: each session asks its K experts for a token, waits for the last of their answers and asks again; an expert decodes what waits for it in one batch. What differs is when an idle
/// expert begins.
/// </summary>
public sealed class WindowSimulation
{
    private const double PhaseStep = 2;          // ms between two steps of the phases
    private const double Coupling = 30;          // 1/s
    private const double Smoothing = 0.1;        // of a measured cycle
    private const double WarmUp = 0.2;           // of the time, not counted
    private readonly WindowRow _row;
    private readonly WindowPolicy _policy;
    private readonly Random _random;
    private readonly EventQueue _events = new();
    private readonly Session[] _sessions;
    private readonly Expert[] _experts;
    private readonly Kuramoto _phases;
    private readonly List<double> _latencies = [];
    private double _counted, _order;
    private long _orders, _batches, _batched;

    private WindowSimulation(WindowRow row, WindowPolicy policy, int seed)
    {
        (_row, _policy, _random) = (row, policy, new(seed));
        _experts = [.. Enumerable.Range(0, row.Experts).Select(i => new Expert(i, Cycle(row.Sessions * row.K / (double)row.Experts)))];
        _sessions = [.. Enumerable.Range(0, row.Sessions).Select(_ => new Session())];
        _phases = new([.. _experts.Select(_ => 2 * Math.PI * _random.NextDouble())], [.. _experts.Select(e => 2 * Math.PI * 1000 / e.Cycle)]);
    }

    /// <param name="milliseconds">Of virtual time; the first fifth is not counted.</param>
    public static WindowResult Run(WindowRow row, WindowPolicy policy, int seed, double milliseconds = 60_000)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(row.K, row.Experts);
        return new WindowSimulation(row, policy, seed).Run(milliseconds);
    }

    private WindowResult Run(double milliseconds)
    {
        _counted = milliseconds * WarmUp;
        foreach (var session in _sessions)
        {
            Choose(session);
            _events.After(_random.NextDouble() * _row.Base, () => Ask(session));
        }
        if (_policy == WindowPolicy.Phases)
            _events.After(PhaseStep, Turn);
        _events.RunUntil(milliseconds);
        _latencies.Sort();
        return new(
            _latencies.Count / (milliseconds - _counted) * 1000, Quantile(0.5), Quantile(0.99), _orders > 0 ? _order / _orders : 0, _batches > 0 ? (double)_batched / _batches : 0);
    }

    private void Choose(Session session)
    {
        foreach (var expert in session.Experts)
            expert.Expected.Remove(session);
        var order = Enumerable.Range(0, _experts.Length).ToArray();
        _random.Shuffle(order);
        session.Experts = [.. order.Take(_row.K).Select(i => _experts[i])];
        foreach (var expert in session.Experts)
            expert.Expected.Add(session);
    }

    private void Ask(Session session)
    {
        if (_row.ChangeEvery > 0 && session.Tokens > 0 && session.Tokens % _row.ChangeEvery == 0)
            Choose(session);
        (session.Since, session.Missing) = (_events.Now, _row.K);
        foreach (var expert in session.Experts)
            _events.After(Jittered(_row.Delay), () => Arrive(expert, session));
    }

    private void Arrive(Expert expert, Session session)
    {
        expert.Waiting.Add(session);
        if (expert.Waiting.Count == 1)
            expert.FirstAt = _events.Now;
        Consider(expert);
        var patience = _policy switch
        {
            WindowPolicy.HalfDecode => 0.5,
            WindowPolicy.AllExpected => 1,
            _ => 0,
        } * (_row.Base + _row.PerSession * expert.Expected.Count);
        if (patience > 0 && expert.Waiting.Count > 0 && !expert.IsBusy)
            _events.After(Math.Max(0, expert.FirstAt + patience - _events.Now), () => Consider(expert, patience));
    }

    /// <summary>Begins when the policy says so.</summary>
    private void Consider(Expert expert, double patience = double.PositiveInfinity)
    {
        if (expert.IsBusy || expert.Waiting.Count == 0)
            return;
        if (_policy == WindowPolicy.AtOnce || expert.Waiting.Count >= expert.Expected.Count || _events.Now - expert.FirstAt >= patience - 1e-9)
            Decode(expert);
    }

    private void Decode(Expert expert)
    {
        var batch = expert.Waiting.ToArray();
        expert.Waiting.Clear();
        expert.IsBusy = true;
        (_batches, _batched) = (_batches + 1, _batched + batch.Length);
        if (expert.BeganAt is { } before)
        {
            // The period follows what is measured.
            expert.Cycle += (_events.Now - before - expert.Cycle) * Smoothing;
            _phases.Frequencies[expert.Number] = 2 * Math.PI * 1000 / Math.Max(1, expert.Cycle);
        }
        expert.BeganAt = _events.Now;
        _events.After(Jittered(_row.Base + _row.PerSession * batch.Length), () =>
        {
            expert.IsBusy = false;
            foreach (var session in batch)
                _events.After(Jittered(_row.Delay), () => Answer(session));
            if (expert.Waiting.Count > 0)
                expert.FirstAt = _events.Now;
            Consider(expert);
            if (_policy is WindowPolicy.HalfDecode or WindowPolicy.AllExpected && expert.Waiting.Count > 0 && !expert.IsBusy)
            {
                var patience = (_policy == WindowPolicy.HalfDecode ? 0.5 : 1) * (_row.Base + _row.PerSession * expert.Expected.Count);
                _events.After(patience, () => Consider(expert, patience));
            }
        });
    }

    private void Answer(Session session)
    {
        if (--session.Missing > 0)
            return;
        session.Tokens++;
        if (_events.Now >= _counted)
            _latencies.Add(_events.Now - session.Since);
        Ask(session);
    }

    /// <summary>The phases' own clock: they turn, pull at each other, and open the window of whoever passes a whole turn.</summary>
    private void Turn()
    {
        var before = _phases.Phases.ToArray();
        _phases.Step(PhaseStep / 1000, Coupling);
        for (var i = 0; i < _experts.Length; i++)
            if (Math.Floor(_phases.Phases[i] / (2 * Math.PI)) > Math.Floor(before[i] / (2 * Math.PI)))
                Consider(_experts[i], 0);
        if (_events.Now >= _counted)
            (_order, _orders) = (_order + _phases.Order.R, _orders + 1);
        _events.After(PhaseStep, Turn);
    }

    private double Cycle(double sessions) => _row.Base + _row.PerSession * sessions + 2 * _row.Delay;

    private double Jittered(double milliseconds) => milliseconds * (1 + _row.Jitter * (2 * _random.NextDouble() - 1));

    private double Quantile(double share) => _latencies.Count > 0 ? _latencies[Math.Min(_latencies.Count - 1, (int)(share * _latencies.Count))] : 0;

    private sealed class Session
    {
        public Expert[] Experts { get; set; } = [];
        public int Missing { get; set; }
        public int Tokens { get; set; }
        public double Since { get; set; }
    }

    private sealed class Expert(int number, double cycle)
    {
        public int Number => number;
        public HashSet<Session> Expected { get; } = [];
        public List<Session> Waiting { get; } = [];
        public bool IsBusy { get; set; }
        public double FirstAt { get; set; }
        public double? BeganAt { get; set; }
        public double Cycle { get; set; } = cycle;
    }
}
