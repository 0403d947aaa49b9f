namespace Mesh.Chorus.Phases;

/// <summary>
/// N coupled oscillators on the circle with noise, d theta_i = omega_i dt + (K/N) sum_j sin(theta_j - theta_i) dt + sigma dW_i, by Euler-Maruyama. The sum over all pairs is K r sin(psi - theta_i)
/// of the mean field, so a step is O(N). The noise is additive: the error of a path is of order 1 in the step.
/// </summary>
public sealed class Kuramoto
{
    private readonly double[] _phases, _frequencies;

    /// <param name="phases">Radians; copied.</param>
    /// <param name="frequencies">Radians a second, one for each phase; copied.</param>
    /// <exception cref="ArgumentException">The lengths differ, or a number is not finite.</exception>
    public Kuramoto(ReadOnlySpan<double> phases, ReadOnlySpan<double> frequencies)
    {
        if (phases.Length != frequencies.Length)
            throw new ArgumentException($"There are {phases.Length} phases and {frequencies.Length} frequencies.", nameof(frequencies));
        (_phases, _frequencies) = (phases.ToArray(), frequencies.ToArray());
        foreach (var number in (ReadOnlySpan<double>)[.. _phases, .. _frequencies])
            if (!double.IsFinite(number))
                throw new ArgumentException("Phases and frequencies are finite.", nameof(phases));
    }

    public int Count => _phases.Length;

    /// <summary>Radians, not wrapped: turns are counted.</summary>
    public ReadOnlySpan<double> Phases => _phases;

    /// <summary>May be changed between steps: a measured period is a frequency.</summary>
    public Span<double> Frequencies => _frequencies;

    public OrderParameter Order => OrderParameter.Of(_phases);

    /// <param name="dt">Seconds.</param>
    /// <param name="coupling">K, 1/s.</param>
    /// <param name="noise">sigma, radians by the root of a second.</param>
    /// <param name="increments">dW of each oscillator (<see cref="Brownian.Fill"/>); empty: without noise.</param>
    public void Step(double dt, double coupling, double noise = 0, ReadOnlySpan<double> increments = default)
    {
        var (r, psi) = Order;
        var pull = coupling * r;
        for (var i = 0; i < _phases.Length; i++)
            _phases[i] += (_frequencies[i] + pull * Math.Sin(psi - _phases[i])) * dt + (increments.IsEmpty ? 0 : noise * increments[i]);
    }

    /// <summary>The same step by the sum over all pairs, O(N^2): what a lock-step design pays, and the check of the mean field.</summary>
    public void StepByPairs(double dt, double coupling, double noise = 0, ReadOnlySpan<double> increments = default)
    {
        var pulls = new double[_phases.Length];
        for (var i = 0; i < _phases.Length; i++)
            for (var j = 0; j < _phases.Length; j++)
                pulls[i] += Math.Sin(_phases[j] - _phases[i]);
        for (var i = 0; i < _phases.Length; i++)
            _phases[i] += (_frequencies[i] + coupling / _phases.Length * pulls[i]) * dt + (increments.IsEmpty ? 0 : noise * increments[i]);
    }
}
