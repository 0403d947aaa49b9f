using Mesh.Contracts.Experts;

namespace Mesh.Ensemble.Experts;

/// <summary>
/// How long an expert takes, learned from its answers: the way there and back, one decode, and one more token of a prompt. Shared by all sessions.
/// Begins with what the expert measured at load.
/// </summary>
public sealed class ExpertPace(ModelCard card)
{
    private const int Prompt = 32;
    private readonly Lock _gate = new();
    private Average _way = new(0.001);
    private Average _decode = new(card.TokensPerSecond > 0 ? 1 / card.TokensPerSecond : 0.1);
    private Average _promptToken = new(card.PromptTokensPerSecond > 0 ? 1 / card.PromptTokensPerSecond : 0.01);

    /// <summary>Seconds of one round that are spent on the way, and on one decode.</summary>
    public (double Way, double Decode) Parts
    {
        get
        {
            lock (_gate)
                return (_way.Value, _decode.Value);
        }
    }

    /// <summary>
    /// Time of a step that appends <paramref name="tokens"/> and continues for <paramref name="continuation"/> tokens. The first of a continuation is free.
    /// </summary>
    public TimeSpan Expected(int tokens, int continuation = 0)
    {
        lock (_gate)
            return TimeSpan.FromSeconds(Math.Min(3600, _way.Value + Math.Max(1, continuation) * _decode.Value + (tokens - 1) * _promptToken.Value));
    }

    /// <summary>A step was answered.</summary>
    /// <param name="compute">What the expert says it spent; never believed beyond <paramref name="elapsed"/>.</param>
    public void Record(int tokens, int continuation, TimeSpan elapsed, TimeSpan compute)
    {
        var total = Math.Max(0, elapsed.TotalSeconds);
        var work = Math.Clamp(compute.TotalSeconds, 0, total);
        lock (_gate)
        {
            _way.Add(total - work);
            if (tokens > Prompt)
                _promptToken.Add(Math.Max(0, work - Math.Max(1, continuation) * _decode.Value) / (tokens - 1));
            else
                _decode.Add(Math.Max(0, work - (tokens - 1) * _promptToken.Value) / Math.Max(1, continuation));
        }
    }

    /// <summary>The first few values count more: what was assumed before is soon forgotten.</summary>
    private struct Average(double value)
    {
        private int _count = 1;
        public double Value = value;

        public void Add(double value) => Value += (value - Value) * Math.Max(0.1, 1.0 / ++_count);
    }
}
