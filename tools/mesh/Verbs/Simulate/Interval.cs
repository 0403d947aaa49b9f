using System.Globalization;

namespace Mesh.Tool.Verbs.Simulate;

/// <summary>Mean and 95 % interval of a few runs.</summary>
internal static class Interval
{
    private static readonly double[] Student = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];   // two-sided 95 %, 1 to 9 degrees of freedom

    /// <param name="values">2 to 10.</param>
    /// <param name="sign">A plus before a mean above 0, for differences.</param>
    public static string Of(double[] values, string format = "0", bool sign = false)
    {
        var mean = values.Average();
        var half = Student[values.Length - 2] * Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1) / values.Length);
        return $"{mean.ToString(sign ? $"+{format};-{format};{format}" : format, CultureInfo.InvariantCulture)} ± {half.ToString(format, CultureInfo.InvariantCulture)}";
    }
}
