using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml;

namespace Dapr.Sidecar.Actors;

/// <summary>The ways Dapr writes times: "0h0m5s0ms", "PT5S", "R3/PT5S", RFC 3339.</summary>
internal static partial class DaprTime
{
    public static bool TryParseDuration(string text, out TimeSpan span)
    {
        span = default;
        if (text.StartsWith('P'))
        {
            try
            {
                span = XmlConvert.ToTimeSpan(text);
                return true;
            }
            catch (Exception fault) when (fault is FormatException or OverflowException)
            {
                return false;
            }
        }
        if (text.Length == 0 || !GoDuration().IsMatch(text))
            return false;
        foreach (Match part in GoPart().Matches(text))
        {
            var value = double.Parse(part.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
            span += part.Groups[2].Value switch
            {
                "h" => TimeSpan.FromHours(value),
                "m" => TimeSpan.FromMinutes(value),
                "s" => TimeSpan.FromSeconds(value),
                "ms" => TimeSpan.FromMilliseconds(value),
                _ => TimeSpan.FromMicroseconds(part.Groups[2].Value == "ns" ? value / 1000 : value),
            };
        }
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
            due = now + span;
            return span >= TimeSpan.Zero;
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
            if (!int.TryParse(count.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out repetitions))
                return false;
            text = rest;
        }
        if (!TryParseDuration(text, out var span))
            return false;
        period = span > TimeSpan.Zero ? span : null;
        return true;
    }

    [GeneratedRegex(@"^-?(\d+(\.\d+)?(h|ms|m|s|us|µs|ns))+$")]
    private static partial Regex GoDuration();

    [GeneratedRegex(@"(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)")]
    private static partial Regex GoPart();
}
