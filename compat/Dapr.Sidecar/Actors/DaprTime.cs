using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml;

namespace Dapr.Sidecar.Actors;

/// <summary>The ways Dapr writes times: "0h0m5s0ms", "PT5S", "R3/PT5S", RFC 3339.</summary>
internal static partial class DaprTime
{
    private const double MostHours = 24.0 * 366 * 1000;

    /// <summary>At most a thousand years.</summary>
    public static bool TryParseDuration(string text, out TimeSpan span)
    {
        span = default;
        if (text.StartsWith('P'))
        {
            try
            {
                span = XmlConvert.ToTimeSpan(text);
                return Math.Abs(span.TotalHours) <= MostHours;
            }
            catch (Exception fault) when (fault is FormatException or OverflowException)
            {
                return false;
            }
        }
        if (text.Length == 0 || !GoDuration().IsMatch(text))
            return false;
        var hours = 0.0;
        foreach (Match part in GoPart().Matches(text))
            hours += double.Parse(part.Groups[1].ValueSpan, CultureInfo.InvariantCulture) / part.Groups[2].Value switch
            {
                "h" => 1,
                "m" => 60,
                "s" => 3600,
                "ms" => 3600e3,
                "ns" => 3600e9,
                _ => 3600e6,
            };
        if (hours > MostHours)
            return false;
        span = TimeSpan.FromMicroseconds(Math.Round(hours * 3600e6));
        if (text[0] == '-')
            span = -span;
        return true;
    }

    /// <summary>A due time: a duration from now, a moment, or at once when empty.</summary>
    public static bool TryParseDue(string? text, DateTimeOffset now, out DateTimeOffset due)
    {
        due = now;
        if (string.IsNullOrEmpty(text))
            return true;
        if (TryParseDuration(text, out var span))
        {
            due = span > TimeSpan.Zero ? now + span : now;
            return true;
        }
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out due);
    }

    /// <summary>A period with an optional count of repetitions; null period is once, -1 repetitions is for ever.</summary>
    public static bool TryParsePeriod(string? text, out TimeSpan? period, out int repetitions)
    {
        (period, repetitions) = (null, -1);
        if (string.IsNullOrEmpty(text))
            return true;
        if (text[0] == 'R' && text.Split('/', 2) is [var count, var rest])
        {
            if (!int.TryParse(count.AsSpan(1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out repetitions))
                return false;
            if (repetitions <= 0)
                repetitions = -1;
            if (!rest.StartsWith('P'))
                return false;
            text = rest;
        }
        if (!TryParseDuration(text, out var span))
            return false;
        period = span > TimeSpan.Zero ? span : null;
        return true;
    }

    /// <summary>As Go prints a duration: "1h30m0s", "1.5s", "500ms".</summary>
    public static string FormatGo(TimeSpan span)
    {
        if (span == TimeSpan.Zero)
            return "0s";
        if (span < TimeSpan.Zero)
            return "-" + FormatGo(-span);
        if (span < TimeSpan.FromSeconds(1))
            return span.TotalMilliseconds >= 1 ? $"{span.TotalMilliseconds.ToString(CultureInfo.InvariantCulture)}ms" : $"{span.TotalMicroseconds.ToString(CultureInfo.InvariantCulture)}µs";
        var seconds = $"{(span - TimeSpan.FromMinutes(Math.Floor(span.TotalMinutes))).TotalSeconds.ToString(CultureInfo.InvariantCulture)}s";
        var hours = (long)Math.Floor(span.TotalHours);
        return hours > 0 ? $"{hours}h{span.Minutes}m{seconds}" : span.Minutes > 0 ? $"{span.Minutes}m{seconds}" : seconds;
    }

    [GeneratedRegex(@"^-?([0-9]+(\.[0-9]+)?(h|ms|m|s|us|µs|ns))+$")]
    private static partial Regex GoDuration();

    [GeneratedRegex(@"([0-9]+(?:\.[0-9]+)?)(h|ms|m|s|us|µs|ns)")]
    private static partial Regex GoPart();
}
