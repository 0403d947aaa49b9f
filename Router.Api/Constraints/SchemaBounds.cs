using Router.Api.Constraints.Rules;
using Router.Api.Errors;
using Router.Api.Json;

namespace Router.Api.Constraints;

/// <summary>Bounds of numbers as a schema states them.</summary>
internal static class SchemaBounds
{
    private const double Widest = 1e14;
    private const int LeastDigits = 6, MostDigits = 12;

    /// <summary>Null where the schema sets none.</summary>
    public static NumberBounds? Read(in JsonFields fields, bool integer, string path)
    {
        var minimum = Bound(fields, "minimum");
        var maximum = Bound(fields, "maximum");
        var above = Bound(fields, "exclusiveMinimum");
        var below = Bound(fields, "exclusiveMaximum");
        decimal?[] given = [minimum, maximum, above, below];
        if (given.All(b => b is null))
            return null;
        // One digit finer than any bound, so that there is room beside an exclusive one.
        var digits = integer ? 0 : Math.Clamp(given.Max(b => b?.Scale ?? 0) + 1, LeastDigits, MostDigits);
        var step = new decimal(1, 0, 0, false, (byte)digits);
        var least = Math.Max(Ceiling(minimum) ?? -(decimal)Widest, Floor(above) + step ?? -(decimal)Widest);
        var greatest = Math.Min(Floor(maximum) ?? (decimal)Widest, Ceiling(below) - step ?? (decimal)Widest);
        return least <= greatest
            ? new(least, greatest, digits)
            : throw ApiErrors.Invalid(path, $"Invalid schema for '{path}': no number is within its bounds.", "invalid_schema");

        decimal? Ceiling(decimal? bound) => integer && bound is { } b ? Math.Ceiling(b) : bound;
        decimal? Floor(decimal? bound) => integer && bound is { } b ? Math.Floor(b) : bound;
    }

    private static decimal? Bound(in JsonFields fields, string name) => fields.Number(name, -Widest, Widest) is { } value ? (decimal)value : null;
}
