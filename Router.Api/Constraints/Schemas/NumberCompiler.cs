using System.Globalization;
using System.Text;
using Router.Api.Constraints.Rules;

namespace Router.Api.Constraints.Schemas;

/// <summary>Numbers of a shape as a rule.</summary>
internal static class NumberCompiler
{
    private const decimal Widest = 1e14m;   // wider bounds are narrowed to this: every value is still valid, and every parser keeps it
    private const int LeastDigits = 6, MostDigits = 12, MostMultiples = 1000;

    public static Rule Compile(NumberShape number)
    {
        if (!number.IsBounded && number.NoMultipleOf.Count == 0 && number.MultipleOf is null or 1)
            return new NumberRule(number.IsInteger);
        if (number.Least > Widest || number.Greatest < -Widest)
            throw SchemaErrors.Unkept($"{number.Path}.{(number.Least > Widest ? "minimum" : "maximum")}", $"a bound beyond {Widest:0} is not supported");
        // As coarse as a power of ten that is asked for; else one digit finer than any bound, so that there is room beside an exclusive one.
        var power = number.MultipleOf is { } multiple ? Enumerable.Range(0, MostDigits + 1).Where(d => Step(d) == multiple).Cast<int?>().FirstOrDefault() : null;
        if (number.NoMultipleOf.Count > 0 || (number.MultipleOf is not null && power is null))
            return Multiples(number);
        var digits = power ?? Math.Clamp(Math.Max(number.Least.Scale, number.Greatest.Scale) + 1, LeastDigits, MostDigits);
        var step = Step(digits);
        var (least, greatest) = (Math.Max(number.Least, -Widest), Math.Min(number.Greatest, Widest));
        least = number.IsLeastOpen ? Math.Floor(least / step) * step + step : Math.Ceiling(least / step) * step;
        greatest = number.IsGreatestOpen ? Math.Ceiling(greatest / step) * step - step : Math.Floor(greatest / step) * step;
        return new NumberRule(number.IsInteger, new(least, greatest, digits) { MultipleOf = power > 0 ? (double)number.MultipleOf! : null });
    }

    /// <summary>The multiples within the bounds, of many those nearest to zero.</summary>
    private static LiteralRule Multiples(NumberShape number)
    {
        // Where only multiples are forbidden, those of a part of one are taken.
        var of = number.MultipleOf ?? number.NoMultipleOf.Min() / 4;
        var (least, greatest) = (Math.Max(number.Least, -Widest), Math.Min(number.Greatest, Widest));
        var (first, last) = (Math.Ceiling(least / of), Math.Floor(greatest / of));
        var start = Math.Clamp(-MostMultiples / 2, first, Math.Max(first, last - MostMultiples));
        var texts = new List<byte[]>();
        for (var i = start; i <= last && i < start + MostMultiples; i++)
            if ((!number.IsLeastOpen || i * of > number.Least) && (!number.IsGreatestOpen || i * of < number.Greatest)
                && number.NoMultipleOf.All(m => i * of % m != 0 && !NumberBounds.IsMultiple((double)(i * of), (double)m))
                && (number.MultipleOf is not { } multiple || NumberBounds.IsMultiple((double)(i * of), (double)multiple)))
                texts.Add(Encoding.UTF8.GetBytes((i * of).ToString("0.############", CultureInfo.InvariantCulture)));
        return texts.Count > 0 ? new(texts) : throw SchemaErrors.Unkept($"{number.Path}.multipleOf", "no such number within its bounds is found");
    }

    private static decimal Step(int digits) => new(1, 0, 0, false, (byte)digits);
}
