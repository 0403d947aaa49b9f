using Mesh.Chorus.Fatigue;

namespace Mesh.Chorus.Tests.Fatigue;

/// <summary>The whole membrane of the squid's axon (Hodgkin and Huxley 1952; C = 1 uF/cm2, g_Na = 120, g_K = 36, g_L = 0.3 mS/cm2, E_Na = 50, E_K = -77, E_L = -54.387 mV), by Runge and Kutta: the reference of the gates.</summary>
internal sealed class HodgkinHuxley
{
    private double _v = -65, _m = Sodium(-65).Steady, _h = Inactivation(-65).Steady, _n = GateRates.Potassium(-65).Steady;

    public double Millivolts => _v;

    public double Potassium => _n;

    public static GateRates Sodium(double v) => new(0.1 * GateRates.Vtrap(v + 40, 10), 4 * Math.Exp(-(v + 65) / 18));

    public static GateRates Inactivation(double v) => new(0.07 * Math.Exp(-(v + 65) / 20), 1 / (1 + Math.Exp(-(v + 35) / 10)));

    /// <param name="current">uA/cm2.</param>
    /// <returns>The highest potential on the way, mV.</returns>
    public double Run(double milliseconds, double current, double dt = 0.01)
    {
        var highest = _v;
        for (var t = 0.0; t < milliseconds; t += dt)
        {
            var state = (_v, _m, _h, _n);
            var a = Slope(state, current);
            var b = Slope(Moved(state, a, dt / 2), current);
            var c = Slope(Moved(state, b, dt / 2), current);
            var d = Slope(Moved(state, c, dt), current);
            (_v, _m, _h, _n) = Moved(state, ((a.V + 2 * b.V + 2 * c.V + d.V) / 6, (a.M + 2 * b.M + 2 * c.M + d.M) / 6, (a.H + 2 * b.H + 2 * c.H + d.H) / 6, (a.N + 2 * b.N + 2 * c.N + d.N) / 6), dt);
            highest = Math.Max(highest, _v);
        }
        return highest;
    }

    private static (double V, double M, double H, double N) Moved((double V, double M, double H, double N) s, (double V, double M, double H, double N) k, double dt) =>
        (s.V + dt * k.V, s.M + dt * k.M, s.H + dt * k.H, s.N + dt * k.N);

    private static (double V, double M, double H, double N) Slope((double V, double M, double H, double N) s, double current)
    {
        var ions = 120 * s.M * s.M * s.M * s.H * (s.V - 50) + 36 * Math.Pow(s.N, 4) * (s.V + 77) + 0.3 * (s.V + 54.387);
        return (current - ions, Of(Sodium(s.V), s.M), Of(Inactivation(s.V), s.H), Of(GateRates.Potassium(s.V), s.N));

        static double Of(GateRates rates, double x) => rates.Alpha * (1 - x) - rates.Beta * x;
    }
}
