using System.Globalization;
using Mesh.Simulation.Runs;

namespace Mesh.Tool.Verbs.Simulate;

/// <summary>Mean and 95 % interval of a few runs, in a column's own format.</summary>
internal static class Interval
{
    /// <param name="values">2 or more.</param>
    /// <param name="sign">A plus before a mean above 0, for differences.</param>
    public static string Of(double[] values, string format = "0", bool sign = false)
    {
        var interval = MeanInterval.Of(values);
        return $"{interval.Mean.ToString(sign ? $"+{format};-{format};{format}" : format, CultureInfo.InvariantCulture)} ± {interval.Half.ToString(format, CultureInfo.InvariantCulture)}";
    }
}
