using System.CommandLine.Parsing;
using System.Globalization;

namespace Mesh.Tool.Governance;

/// <summary>Lengths of time as people write them: <c>90s</c>, <c>15m</c>, <c>12h</c>, <c>7d</c>.</summary>
internal static class Durations
{
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        if (text.Length < 2 || !double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || number > 1e6)
            return false;
        var unit = text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86_400, _ => 0 };
        duration = TimeSpan.FromSeconds(number * unit);
        return duration > TimeSpan.Zero;
    }

    /// <summary>For an option of the command line.</summary>
    public static TimeSpan? Parse(ArgumentResult result)
    {
        if (TryParse(result.Tokens[0].Value, out var duration))
            return duration;
        result.AddError($"'{result.Tokens[0].Value}' is no length of time: write 90s, 15m, 12h or 7d.");
        return null;
    }

    public static string Text(TimeSpan duration) => duration switch
    {
        { TotalDays: >= 2 } => $"{duration.TotalDays:0.#} d",
        { TotalHours: >= 2 } => $"{duration.TotalHours:0.#} h",
        { TotalMinutes: >= 2 } => $"{duration.TotalMinutes:0} min",
        _ => $"{Math.Max(0, duration.TotalSeconds):0} s",
    };

    /// <summary>How long until a unix time in seconds.</summary>
    public static string Until(long time, long now) => time <= now ? "over" : Text(TimeSpan.FromSeconds(time - now));
}
