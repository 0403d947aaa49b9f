using Mesh.Chorus.Phases;
using Mesh.Chorus.Windows;
using Mesh.Simulation.Events;

namespace Mesh.Simulation.Windows;

/// <summary>
/// A closed loop: each session asks its K experts for a token, waits for the last of their answers and asks again; an expert decodes what waits for it in one batch. When an idle
/// expert begins is left to the <see cref="BatchWindow"/> that real experts have; nobody tells it who will come.
/// </summary>
public sealed class WindowSimulation
{
    private const double WarmUp = 0.2;   // of the time, not counted

    /// <summary>As real experts do.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(3);
    private const double ShortestPause = 200, LongestPause = 2000;
    private readonly WindowRow _row;
    private readonly WindowPolicy _policy;
    private readonly Random _random;
    private readonly EventTime _time;
    private readonly EventQueue _events = new();
    private readonly Session[] _sessions;
    private readonly Expert[] _experts;
    private readonly PhaseField _phases;
    private readonly List<double> _latencies = [];
    private readonly WindowFilm? _film;
    private double _counted, _order;
    private long _orders, _batches, _batched;

    private WindowSimulation(WindowRow row, WindowPolicy policy, int seed, WindowFilm? film)
    {
        (_row, _policy, _random, _film) = (row, policy, new(seed), film);
        _time = new(_events, DateTimeOffset.UnixEpoch.AddSeconds(60 * _random.NextDouble()));
        _phases = new(new(), _time);
        _experts = [.. Enumerable.Range(0, row.Experts).Select(i => new Expert(this, i))];
        _sessions = [.. Enumerable.Range(0, row.Sessions).Select(i => new Session(i))];
    }

    /// <param name="milliseconds">Of virtual time; the first fifth is not counted.</param>
    /// <param name="film">Takes what happens, phases also where no window follows them.</param>
    public static WindowResult Run(WindowRow row, WindowPolicy policy, int seed, double milliseconds = 60_000, WindowFilm? film = null)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(row.K, row.Experts);
        return new WindowSimulation(row, policy, seed, film).Run(milliseconds);
    }

    private WindowResult Run(double milliseconds)
    {
        _counted = milliseconds * WarmUp;
        foreach (var session in _sessions)
        {
            Choose(session);
            _events.After(_random.NextDouble() * _row.Base, () => Ask(session));
        }
        if (_policy == WindowPolicy.Phases || _film is not null)
            Turn();
        _events.RunUntil(milliseconds);
        _latencies.Sort();
        return new(
            _latencies.Count / (milliseconds - _counted) * 1000, Quantile(0.5), Quantile(0.99), _orders > 0 ? _order / _orders : 0, _batches > 0 ? (double)_batched / _batches : 0);
    }

    private void Choose(Session session)
    {
        var order = Enumerable.Range(0, _experts.Length).ToArray();
        _random.Shuffle(order);
        session.Experts = [.. order.Take(_row.K).Select(i => _experts[i])];
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
        if (expert.Waiting.Count == 0 && !expert.IsBusy)
            expert.IdleSince = _events.Now;
        expert.Waiting.Add(session);
        expert.Window.Arrive(session.Number, _time.GetTimestamp());
        Consider(expert);
    }

    /// <summary>Begins when the window says so, or asks it again when it said.</summary>
    private void Consider(Expert expert)
    {
        if (expert.IsBusy || expert.Waiting.Count == 0)
            return;
        var question = ++expert.Questions;
        if (expert.Window.Wait() is var wait && wait == TimeSpan.Zero)
            Decode(expert);
        else
            _events.After(wait.TotalMilliseconds, () =>
            {
                // Whoever came meanwhile has asked again.
                if (expert.Questions == question)
                    Consider(expert);
            });
    }

    private void Decode(Expert expert)
    {
        var batch = expert.Waiting.ToArray();
        expert.Waiting.Clear();
        expert.IsBusy = true;
        expert.Window.BeginDecode(batch.Length);
        (_batches, _batched) = (_batches + 1, _batched + batch.Length);
        expert.Cycles.OnBegun();
        var (waited, began) = (expert.IdleSince, _events.Now);
        _events.After(Jittered(_row.Base + _row.PerSession * batch.Length), () =>
        {
            (expert.IsBusy, expert.IdleSince) = (false, _events.Now);
            _film?.Add(new FilmedBatch(expert.Number, waited, began, _events.Now, batch.Length));
            expert.Window.EndDecode();
            foreach (var session in batch)
            {
                expert.Window.Answer(session.Number);
                _events.After(Jittered(_row.Delay), () => Answer(session));
            }
            Consider(expert);
        });
    }

    private void Answer(Session session)
    {
        if (--session.Missing > 0)
            return;
        session.Tokens++;
        if (_events.Now >= _counted)
            _latencies.Add(_events.Now - session.Since);
        if (_row.PauseEvery > 0 && _random.Next(_row.PauseEvery) == 0)
            _events.After(ShortestPause + (LongestPause - ShortestPause) * _random.NextDouble(), () => Ask(session));
        else
            Ask(session);
    }

    /// <summary>The phases' own clock: they turn and pull at each other, and each expert looks again when its boundary comes.</summary>
    private void Turn()
    {
        _phases.Advance();
        if (_policy == WindowPolicy.Phases)
            foreach (var expert in _experts)
                Consider(expert);
        var snapshot = _phases.Current;
        _film?.Add(new FilmedPhases(_events.Now, [.. _experts.Select(e => snapshot.At(e.Name, _time)?.Turn)], snapshot.Order.R));
        if (_events.Now >= _counted)
            (_order, _orders) = (_order + snapshot.Order.R, _orders + 1);
        _events.After(_phases.Options.Step.TotalMilliseconds, Turn);
    }

    private double Jittered(double milliseconds) => milliseconds * (1 + _row.Jitter * (2 * _random.NextDouble() - 1));

    private double Quantile(double share) => _latencies.Count > 0 ? _latencies[Math.Min(_latencies.Count - 1, (int)(share * _latencies.Count))] : 0;

    private sealed class Session(int number)
    {
        public int Number => number;
        public Expert[] Experts { get; set; } = [];
        public int Missing { get; set; }
        public int Tokens { get; set; }
        public double Since { get; set; }
    }

    private sealed class Expert
    {
        public Expert(WindowSimulation mesh, int number)
        {
            (Number, Name, Cycles) = (number, $"expert-{number}", new(mesh._time));
            mesh._phases.Join(Name, Cycles);
            Window = new(mesh._time, mesh._row.Sessions, mesh._policy, Gathering, new PhaseBoundary(mesh._phases, Name));
        }

        public int Number { get; }
        public string Name { get; }
        public CycleCounter Cycles { get; }
        public BatchWindow Window { get; }
        public List<Session> Waiting { get; } = [];
        public bool IsBusy { get; set; }
        public double IdleSince { get; set; }
        public long Questions { get; set; }
    }
}
