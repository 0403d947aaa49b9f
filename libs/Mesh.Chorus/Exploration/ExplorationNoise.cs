namespace Mesh.Chorus.Exploration;

/// <summary>
/// Bounded geometric Brownian motion, dT = mu T dt + sigma T dW, reflected at |T| = 1 in its logarithm: |T|^2 is at most 1 whatever the numbers are. A step is exact, however long it is.
/// Added to an expert's score in nats, times a bound.
/// </summary>
/// <param name="drift">mu, 1/s.</param>
/// <param name="volatility">sigma, by the root of a second.</param>
/// <param name="start">|T| at the beginning, above 0 to 1.</param>
public sealed class ExplorationNoise(double drift, double volatility, double start = 0.5)
{
    private const double LeastLog = -20;   // e^-20: one that came near zero would hardly ever come back

    private double _log = start is > 0 and <= 1 ? Math.Log(start) : throw new ArgumentOutOfRangeException(nameof(start), start, "Above 0, at most 1.");

    /// <summary>Above 0, at most 1.</summary>
    public double Value => Math.Exp(_log);

    /// <param name="dt">Seconds.</param>
    /// <param name="increment">dW, of variance dt.</param>
    /// <param name="uniform">Above 0, at most 1: says how far the step got on its way.</param>
    public void Step(double dt, double increment, double uniform)
    {
        var way = (drift - volatility * volatility / 2) * dt + volatility * increment;
        // The highest point of a Brownian bridge of that length and end; the bound has pushed the step back by what of it lies beyond.
        var highest = (way + Math.Sqrt(way * way - 2 * volatility * volatility * dt * Math.Log(uniform))) / 2;
        var next = way + Math.Min(_log, -highest);
        if (double.IsFinite(next))   // what is no number moves nothing
            _log = Math.Clamp(next, LeastLog, 0);
    }
}
