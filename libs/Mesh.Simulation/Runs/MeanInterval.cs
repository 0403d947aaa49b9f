using System.Globalization;

namespace Mesh.Simulation.Runs;

/// <summary>A mean with half of its 95 % interval (Student).</summary>
public readonly record struct MeanInterval(double Mean, double Half, int Count)
{
    private static readonly double[] Student = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];   // two-sided 95 %, 1 to 9 degrees of freedom

    /// <summary>Values that are no number do not count.</summary>
    public static MeanInterval Of(IEnumerable<double> all)
    {
        var values = all.Where(double.IsFinite).ToArray();
        if (values.Length == 0)
            return new(double.NaN, double.NaN, 0);
        var mean = values.Average();
        return new(mean, values.Length == 1 ? double.NaN : Quantile(values.Length - 1) * Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1) / values.Length), values.Length);
    }

    public override string ToString() => Count == 0 ? "-" : string.Create(CultureInfo.InvariantCulture, $"{Format(Mean)}{(double.IsNaN(Half) ? "" : $" ± {Format(Half)}")}");

    public string ToString(string format) => $"{Mean.ToString(format, CultureInfo.InvariantCulture)} ± {Half.ToString(format, CultureInfo.InvariantCulture)}";

    private static string Format(double value) => value.ToString(Math.Abs(value) >= 100 ? "0" : Math.Abs(value) >= 10 ? "0.#" : "0.##", CultureInfo.InvariantCulture);

    /// <summary>Beyond the table the first terms of the quantile's expansion in 1 / degrees of freedom.</summary>
    private static double Quantile(int degrees)
    {
        const double z = 1.959964;
        return degrees <= Student.Length ? Student[degrees - 1] : z + (z * z * z + z) / (4 * degrees) + (5 * Math.Pow(z, 5) + 16 * z * z * z + 3 * z) / (96.0 * degrees * degrees);
    }
}
