namespace Router.Api.Constraints.Rules;

/// <summary>The beginning of a number: which part was read last, its sign and its digits so far, of which so many after the point.</summary>
internal readonly record struct NumberPart(int Kind, bool Negative, long Digits, int Scale)
{
    public const int Nothing = 0, Sign = 1, Zero = 2, Whole = 3, Point = 4, Fraction = 5;
}

/// <summary>Least and greatest value of a number, both allowed, on the grid of <paramref name="Digits"/> digits after the point (0 for integers).</summary>
internal sealed record NumberBounds(decimal Least, decimal Greatest, int Digits)
{
    /// <summary>
    /// The grid's step where it is asked for as such: then only values are taken that are multiples in binary floating point as well, which is what
    /// most validators reckon with (0.07 / 0.01 is not 7 there).
    /// </summary>
    public double? MultipleOf { get; init; }

    public bool Holds(in NumberPart part) => part.Kind is NumberPart.Zero or NumberPart.Whole or NumberPart.Fraction && Value(part) is var value && value >= Least && value <= Greatest
        && (MultipleOf is not { } multiple || IsMultiple((double)value, multiple));

    public static bool IsMultiple(double value, double of) => value / of is var count && count == Math.Floor(count) && Math.Abs(count) < 1e15;

    /// <summary>True when some number that starts like this lies within the bounds.</summary>
    public bool CanHold(in NumberPart part) => Missing(part) < Rule.Endless;

    /// <summary>Bytes to the nearest number within the bounds that starts like this; <see cref="Rule.Endless"/> when there is none.</summary>
    public int Missing(in NumberPart part)
    {
        if (Holds(part))
            return 0;
        switch (part.Kind)
        {
            case NumberPart.Nothing:
                var least = 1 + Missing(new(NumberPart.Sign, true, 0, 0));
                for (var digit = 0; digit <= 9; digit++)
                    least = Math.Min(least, 1 + Missing(First(digit, negative: false)));
                return Math.Min(least, Rule.Endless);
            case NumberPart.Sign:
                var afterSign = Rule.Endless;
                for (var digit = 0; digit <= 9; digit++)
                    afterSign = Math.Min(afterSign, 1 + Missing(First(digit, negative: true)));
                return afterSign;
            case NumberPart.Point or NumberPart.Fraction:
                return MultipleOf is null ? MissingFraction(part, part.Scale, 0) : MissingMultiple(part);
            default:
                return Math.Min(part.Kind == NumberPart.Zero ? Rule.Endless : MissingWhole(part), Digits > 0 ? MissingAny(part) : Rule.Endless);
        }
    }

    private static NumberPart First(int digit, bool negative) => new(digit == 0 ? NumberPart.Zero : NumberPart.Whole, negative, digit, 0);

    /// <summary>More digits before the point until an integer fits.</summary>
    private int MissingWhole(in NumberPart part)
    {
        var (low, high) = ((decimal)part.Digits, (decimal)part.Digits);
        for (var more = 1; high < 1e15m; more++)
        {
            (low, high) = (low * 10, high * 10 + 9);
            if (high < 1e15m && MeetsInteger(low, high, part.Negative))
                return more;
        }
        return Rule.Endless;
    }

    /// <summary>A point and digits after it, here or after more digits before it.</summary>
    private int MissingAny(in NumberPart part)
    {
        var here = MultipleOf is null ? MissingFraction(part, 0, 1) : Math.Min(Rule.Endless, 1 + MissingMultiple(part with { Kind = NumberPart.Point }));
        if (part.Kind == NumberPart.Zero)
            return here;
        var (low, high) = ((decimal)part.Digits, (decimal)part.Digits);
        var step = Step(Digits);
        for (var more = 1; high < 1e14m && here == Rule.Endless; more++)
        {
            (low, high) = (low * 10, high * 10 + 9);
            if (Meets(low, high + 1 - step, part.Negative))
                return more + 1 + Digits;
        }
        return here;
    }

    private int MissingFraction(in NumberPart part, int scale, int before)
    {
        var value = part.Digits * Step(part.Scale);
        for (var more = 1; scale + more <= Digits; more++)
        {
            var step = Step(scale + more);
            var (low, high) = (value, value + Step(scale) - step);
            // The nearest point of that grid at or above the lower bound.
            var (from, to) = part.Negative ? (-Greatest, -Least) : (Least, Greatest);
            var first = Math.Max(low, Math.Ceiling(from / step) * step);
            if (first <= high && first <= to)
                return before + more;
        }
        return Rule.Endless;
    }

    /// <summary>Digits after the point to the nearest multiple; they are tried, but rarely more than one of them.</summary>
    private int MissingMultiple(in NumberPart part)
    {
        if (Holds(part))
            return 0;
        if (MissingFraction(part, part.Scale, 0) >= Rule.Endless)
            return Rule.Endless;
        var least = Rule.Endless;
        for (var digit = 0; digit <= 9 && least > 1; digit++)
            least = Math.Min(least, 1 + MissingMultiple(new(NumberPart.Fraction, part.Negative, part.Digits * 10 + digit, part.Scale + 1)));
        return Math.Min(least, Rule.Endless);
    }

    /// <summary>Whether magnitudes from low to high, with that sign, meet the bounds.</summary>
    private bool Meets(decimal low, decimal high, bool negative) => negative ? -low >= Least && -high <= Greatest : high >= Least && low <= Greatest;

    private bool MeetsInteger(decimal low, decimal high, bool negative) => negative
        ? Math.Ceiling(Math.Max(-high, Least)) <= Math.Floor(Math.Min(-low, Greatest))
        : Math.Ceiling(Math.Max(low, Least)) <= Math.Floor(Math.Min(high, Greatest));

    private static decimal Value(in NumberPart part) => (part.Negative ? -part.Digits : part.Digits) * Step(part.Scale);

    private static decimal Step(int digits) => new(1, 0, 0, false, (byte)digits);
}
