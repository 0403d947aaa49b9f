using Mesh.Contracts.Experts;
using Mesh.Ensemble.TokenLoop;

namespace Mesh.Simulation.Priors;

/// <summary>Counts what the sessions of one run see.</summary>
/// <param name="from">Ticks: what was before is not counted, nor what comes after <paramref name="until"/>.</param>
internal sealed class PriorTally(TimeProvider time, long from, long change, long until, ExpertId changing, ExpertChange kind)
{
    private const float Used = 0.25f, Left = 0.05f;   // of the weight

    private readonly List<double> _waits = [], _untils = [];
    private double _nats, _natsAfter, _jain;
    private int _after;

    public PriorResult Result
    {
        get
        {
            _waits.Sort();
            return new(
                Percentile(50), Percentile(99), _jain, _waits.Count / TimeSpan.FromTicks(until - from).TotalSeconds, _nats / _waits.Count,
                _natsAfter / _after, _untils.Count > 0 ? _untils.Average() : double.NaN);
        }
    }

    public Session Begin(bool isConcerned) => new(this, isConcerned);

    /// <param name="seconds">Of each expert.</param>
    public void OnBusy(double[] seconds) => _jain = seconds.Sum() * seconds.Sum() / (seconds.Length * seconds.Sum(s => s * s));

    internal sealed class Session(PriorTally tally, bool isConcerned) : IGenerationObserver
    {
        private long _last = tally.Now;
        private float _weight;
        private int _sinceChange;
        private bool _reached;

        public void OnVote(ExpertId expert, float weight, TimeSpan? answered, int tokens)
        {
            if (expert == tally.ChangingExpert)
                _weight = weight;
        }

        public void OnRound(TimeSpan elapsed, int tokens) => _weight = 0;

        /// <param name="nats">By which the mixture foresaw the token worse than its source.</param>
        public void OnToken(float nats)
        {
            var now = tally.Now;
            if (now >= tally.From && now < tally.Until)
                tally.Count(TimeSpan.FromTicks(now - _last).TotalMilliseconds, nats);
            _last = now;
            if (!isConcerned || now < tally.Change || now >= tally.Until)
                return;
            tally.CountAfter(nats);
            _sinceChange++;
            if (!_reached && tally.IsAsItShouldBe(_weight))
            {
                _reached = true;
                tally.Reached(_sinceChange);
            }
        }

        public void End()
        {
            // One that goes on beyond the end could still have got there.
            if (!_reached && _sinceChange > 0 && tally.Now < tally.Until)
                tally.Reached(_sinceChange);
        }

        public void OnPrompt(double sum, int tokens)
        {
        }

        public void OnExpert(ExpertId expert, double sum, int tokens)
        {
        }
    }

    private long Now => time.GetTimestamp();
    private long From => from;
    private long Until => until;
    private long Change => change;
    private ExpertId ChangingExpert => changing;

    private double Percentile(int percent) => _waits.Count > 0 ? _waits[_waits.Count * percent / 100] : double.NaN;

    private void Count(double wait, double nats)
    {
        _waits.Add(wait);
        _nats += nats;
    }

    private void CountAfter(double nats) => (_natsAfter, _after) = (_natsAfter + nats, _after + 1);

    private void Reached(int tokens) => _untils.Add(tokens);

    private bool IsAsItShouldBe(float weight) => kind is ExpertChange.Improves or ExpertChange.Joins ? weight >= Used : weight <= Left;
}
