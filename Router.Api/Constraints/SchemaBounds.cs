using System.Globalization;
using System.Text;
using Router.Api.Constraints.Rules;
using Router.Api.Errors;
using Router.Api.Json;

namespace Router.Api.Constraints;

/// <summary>Numbers as a schema bounds them.</summary>
internal static class SchemaBounds
{
    private const decimal Widest = 1e14m;   // wider bounds are narrowed to this: every value is still valid, and every parser keeps it
    private const int LeastDigits = 6, MostDigits = 12, MostMultiples = 1000;

    public static Rule Read(in JsonFields fields, bool integer, string path)
    {
        var minimum = Bound(fields, "minimum", path, isUpper: false);
        var maximum = Bound(fields, "maximum", path, isUpper: true);
        var above = Bound(fields, "exclusiveMinimum", path, isUpper: false);
        var below = Bound(fields, "exclusiveMaximum", path, isUpper: true);
        var multiple = (decimal?)fields.Number("multipleOf", 1e-9, (double)Widest);
        decimal?[] given = [minimum, maximum, above, below, multiple];
        if (given.All(b => b is null))
            return new NumberRule(integer);
        // One digit finer than any bound, so that there is room beside an exclusive one; as coarse as a power of ten that is asked for.
        var power = multiple is { } m ? Enumerable.Range(0, MostDigits + 1).Where(d => Step(d) == m).Cast<int?>().FirstOrDefault() : null;
        var digits = integer ? 0 : power ?? Math.Clamp(given.Max(b => b?.Scale ?? 0) + 1, LeastDigits, MostDigits);
        var step = Step(digits);
        var least = Math.Max(Ceiling(minimum) ?? -Widest, Floor(above) + step ?? -Widest);
        var greatest = Math.Min(Floor(maximum) ?? Widest, Ceiling(below) - step ?? Widest);
        Rule? rule = multiple is null || power is not null
            ? least <= greatest ? new NumberRule(integer, new(least, greatest, digits)) : null
            : Multiples(multiple.Value, least, greatest, integer);
        return rule ?? throw ApiErrors.Invalid(path, $"Invalid schema for '{path}': no number is within its bounds.", "invalid_schema");

        decimal? Ceiling(decimal? bound) => bound is { } b ? Math.Ceiling(b / step) * step : bound;
        decimal? Floor(decimal? bound) => bound is { } b ? Math.Floor(b / step) * step : bound;
    }

    /// <summary>The multiples within the bounds, of many those nearest to zero; null when there is none.</summary>
    private static LiteralRule? Multiples(decimal of, decimal least, decimal greatest, bool integer)
    {
        var (first, last) = (Math.Ceiling(least / of), Math.Floor(greatest / of));
        var start = Math.Clamp(-MostMultiples / 2, first, Math.Max(first, last - MostMultiples));
        var texts = new List<byte[]>();
        for (var i = start; i <= last && i < start + MostMultiples; i++)
            if (!integer || i * of == Math.Floor(i * of))
                texts.Add(Encoding.UTF8.GetBytes((i * of).ToString("0.############", CultureInfo.InvariantCulture)));
        return texts.Count > 0 ? new(texts) : null;
    }

    private static decimal? Bound(in JsonFields fields, string name, string path, bool isUpper)
    {
        if (fields.Number(name, double.MinValue, double.MaxValue) is not { } value)
            return null;
        if (isUpper ? value < -(double)Widest : value > (double)Widest)
            throw ApiErrors.Unsupported($"{path}.{name}", $"Invalid schema for '{path}': a '{name}' beyond {Widest:0} is not supported.");
        return (decimal)Math.Clamp(value, -(double)Widest, (double)Widest);
    }

    private static decimal Step(int digits) => new(1, 0, 0, false, (byte)digits);
}
