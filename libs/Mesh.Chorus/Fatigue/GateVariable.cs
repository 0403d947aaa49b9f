namespace Mesh.Chorus.Fatigue;

/// <summary>Opening and closing rates of a gate, 1/ms.</summary>
public readonly record struct GateRates(double Alpha, double Beta)
{
    /// <summary>Where the gate goes while the rates stay.</summary>
    public double Steady => Alpha / (Alpha + Beta);

    /// <summary>How fast, ms.</summary>
    public double TimeConstant => 1 / (Alpha + Beta);

    /// <summary>Of the potassium gate n at a membrane potential in mV (Hodgkin and Huxley 1952, resting potential -65 mV).</summary>
    public static GateRates Potassium(double millivolts) => new(0.01 * Vtrap(millivolts + 55, 10), 0.125 * Math.Exp(-(millivolts + 65) / 80));

    /// <summary>x / (1 - e^(-x/y)), which is y where x is 0.</summary>
    internal static double Vtrap(double x, double y) => Math.Abs(x / y) < 1e-6 ? y * (1 + x / y / 2) : x / (1 - Math.Exp(-x / y));
}

/// <summary>A gate variable n in [0, 1], dn/dt = alpha (1 - n) - beta n. A step is exact for constant rates, however long it is.</summary>
public static class GateVariable
{
    /// <param name="milliseconds">0 or more; the time of the rates.</param>
    public static double After(double n, GateRates rates, double milliseconds) =>
        Math.Clamp(rates.Steady + (n - rates.Steady) * Math.Exp(-milliseconds / rates.TimeConstant), 0, 1);
}
