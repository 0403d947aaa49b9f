namespace Mesh.Chorus.Fatigue;

/// <summary>
/// How tired an expert is: the potassium gate of a neuron whose membrane the load depolarises from its rest, slowed down <see cref="Slowing"/> times, so that it tires in about a second and
/// recovers in several. As a part of the gate's score it is 0 at rest and -<see cref="Bound"/> nats at most.
/// </summary>
public sealed class ExpertFatigue
{
    /// <summary>Nats.</summary>
    public const double Bound = 1;

    /// <summary>A neuron's millisecond is 0.4 s here.</summary>
    public const double Slowing = 400;

    private const double RestMillivolts = -65, SpanMillivolts = 40;
    private static readonly double Rest = GateRates.Potassium(RestMillivolts).Steady;
    private double _n = Rest;

    /// <summary>0 at rest, 1 where it could not be more tired.</summary>
    public double Value => Math.Clamp((_n - Rest) / (1 - Rest), 0, 1);

    /// <summary>To be added to the expert's score, nats.</summary>
    public double Prior => -Bound * Value;

    /// <param name="elapsed">Since the last call; any length, nothing drifts.</param>
    /// <param name="load">Of that time: 0 idle, 1 busy all the time; what is beyond, or no number, counts as the nearest.</param>
    public void Advance(TimeSpan elapsed, double load) =>
        _n = GateVariable.After(_n, GateRates.Potassium(RestMillivolts + SpanMillivolts * (load > 0 ? Math.Min(load, 1) : 0)), Math.Max(0, elapsed.TotalMilliseconds) / Slowing);
}
