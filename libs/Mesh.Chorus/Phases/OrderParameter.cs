namespace Mesh.Chorus.Phases;

/// <summary>The mean field of phases, r e^(i psi) = (1/N) sum e^(i theta) (Kuramoto 1975).</summary>
/// <param name="R">0: they are anywhere; 1: all are the same.</param>
/// <param name="Psi">Their mean phase, radians.</param>
public readonly record struct OrderParameter(double R, double Psi)
{
    /// <returns>Of no phases at all: 0.</returns>
    public static OrderParameter Of(ReadOnlySpan<double> phases)
    {
        var (x, y) = (0.0, 0.0);
        foreach (var phase in phases)
        {
            var (sin, cos) = Math.SinCos(phase);
            x += cos;
            y += sin;
        }
        return phases.IsEmpty ? default : new(Math.Sqrt(x * x + y * y) / phases.Length, Math.Atan2(y, x));
    }
}
