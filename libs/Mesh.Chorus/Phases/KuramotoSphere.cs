namespace Mesh.Chorus.Phases;

/// <summary>
/// N coupled oscillators on the unit sphere of D dimensions (Chandra, Girvan and Ott 2019): dx_i = [W_i x_i + K (m - (m, x_i) x_i)] dt + sigma P(x_i) dB_i, m the mean of all x_j, W_i
/// antisymmetric, P the projection on the tangent plane, Stratonovich. A step goes along the geodesic of its tangent vector: |x| stays 1 but for rounding, and for D = 2 it is the step of
/// <see cref="Kuramoto"/> exactly. O(N D^2) for the rotations, O(N D) for the coupling. Order 1 in the step for D = 2, where the noise is additive; 1/2 for a path and 1 for means above.
/// </summary>
public sealed class KuramotoSphere
{
    private readonly double[] _points, _rotations;
    private readonly double[] _mean, _tangent;

    /// <param name="points">N x D, row by row; each is normalised.</param>
    /// <param name="rotations">N x D x D, radians a second: the W_i.</param>
    /// <param name="dimensions">D, 2 or more.</param>
    /// <exception cref="ArgumentException">A length does not fit, a point is zero, a matrix is not antisymmetric, or a number is not finite.</exception>
    public KuramotoSphere(ReadOnlySpan<double> points, ReadOnlySpan<double> rotations, int dimensions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 2);
        if (points.Length % dimensions != 0 || rotations.Length != points.Length * dimensions)
            throw new ArgumentException($"{points.Length} numbers of points and {rotations.Length} of rotations are no N x {dimensions} and N x {dimensions} x {dimensions}.", nameof(points));
        (Dimensions, _points, _rotations) = (dimensions, points.ToArray(), rotations.ToArray());
        (_mean, _tangent) = (new double[dimensions], new double[dimensions]);
        for (var i = 0; i < Count; i++)
        {
            Normalise(Point(i));
            for (var row = 0; row < dimensions; row++)
                for (var column = 0; column <= row; column++)
                    if (!(Math.Abs(Rotation(i)[row * dimensions + column] + Rotation(i)[column * dimensions + row]) <= 1e-9))
                        throw new ArgumentException($"The rotation of oscillator {i} is not antisymmetric.", nameof(rotations));
        }
    }

    public int Dimensions { get; }

    public int Count => _points.Length / Dimensions;

    public ReadOnlySpan<double> Points => _points;

    /// <summary>|m|, 0 to 1.</summary>
    public double Order
    {
        get
        {
            Average();
            return Math.Sqrt(Dot(_mean, _mean));
        }
    }

    /// <param name="dt">Seconds.</param>
    /// <param name="coupling">K, 1/s.</param>
    /// <param name="noise">sigma.</param>
    /// <param name="increments">N x D: dB of each oscillator; empty: without noise.</param>
    public void Step(double dt, double coupling, double noise = 0, ReadOnlySpan<double> increments = default)
    {
        Average();
        for (var i = 0; i < Count; i++)
        {
            var x = Point(i);
            var w = Rotation(i);
            for (var row = 0; row < Dimensions; row++)
                _tangent[row] = (Dot(w.Slice(row * Dimensions, Dimensions), x) + coupling * _mean[row]) * dt + (increments.IsEmpty ? 0 : noise * increments[i * Dimensions + row]);
            // W x is tangent as it is; the rest is projected with it.
            var normal = Dot(_tangent, x);
            for (var row = 0; row < Dimensions; row++)
                _tangent[row] -= normal * x[row];
            Walk(x, _tangent);
        }
    }

    /// <summary>Along the great circle that begins with a tangent vector, as far as it is long.</summary>
    private static void Walk(Span<double> x, ReadOnlySpan<double> tangent)
    {
        var length = Math.Sqrt(Dot(tangent, tangent));
        if (length == 0)
            return;
        var (sin, cos) = Math.SinCos(length);
        for (var d = 0; d < x.Length; d++)
            x[d] = cos * x[d] + sin / length * tangent[d];
        Normalise(x);   // what rounding added over many steps
    }

    private void Average()
    {
        Array.Clear(_mean);
        for (var i = 0; i < Count; i++)
            for (var d = 0; d < Dimensions; d++)
                _mean[d] += _points[i * Dimensions + d] / Count;
    }

    private static void Normalise(Span<double> x)
    {
        var length = Math.Sqrt(Dot(x, x));
        if (!(length > 0) || !double.IsFinite(length))
            throw new ArgumentException("A point is no direction: its length is zero or no number.", nameof(x));
        foreach (ref var part in x)
            part /= length;
    }

    private static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var sum = 0.0;
        for (var d = 0; d < a.Length; d++)
            sum += a[d] * b[d];
        return sum;
    }

    private Span<double> Point(int i) => _points.AsSpan(i * Dimensions, Dimensions);

    private ReadOnlySpan<double> Rotation(int i) => _rotations.AsSpan(i * Dimensions * Dimensions, Dimensions * Dimensions);
}
