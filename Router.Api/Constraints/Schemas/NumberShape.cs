using System.Text.Json;

namespace Router.Api.Constraints.Schemas;

/// <summary>Numbers within bounds. Integers are the multiples of one.</summary>
internal sealed record NumberShape() : Shape(ShapeKind.Number)
{
    /// <summary>Bounds beyond it stand at it.</summary>
    public const decimal Furthest = 1e18m;

    private const decimal MostMultiple = 1e15m;

    public decimal Least { get; init; } = -Furthest;
    public bool IsLeastOpen { get; init; }
    public decimal Greatest { get; init; } = Furthest;
    public bool IsGreatestOpen { get; init; }
    public decimal? MultipleOf { get; init; }

    /// <summary>It holds no multiple of these.</summary>
    public IReadOnlyList<decimal> NoMultipleOf { get; init; } = [];

    public bool IsInteger => MultipleOf is { } multiple && multiple == Math.Floor(multiple);

    public bool IsBounded => Least > -Furthest || Greatest < Furthest;

    public override Shape Both(Shape other, SchemaSpace space)
    {
        var number = (NumberShape)other;
        var (least, isLeastOpen) = Least != number.Least ? Least > number.Least ? (Least, IsLeastOpen) : (number.Least, number.IsLeastOpen) : (Least, IsLeastOpen || number.IsLeastOpen);
        var (greatest, isGreatestOpen) = Greatest != number.Greatest
            ? Greatest < number.Greatest ? (Greatest, IsGreatestOpen) : (number.Greatest, number.IsGreatestOpen) : (Greatest, IsGreatestOpen || number.IsGreatestOpen);
        return this with
        {
            Least = least, IsLeastOpen = isLeastOpen, Greatest = greatest, IsGreatestOpen = isGreatestOpen,
            MultipleOf = MultipleOf is { } a && number.MultipleOf is { } b ? CommonMultiple(a, b) : MultipleOf ?? number.MultipleOf,
            NoMultipleOf = [.. NoMultipleOf.Union(number.NoMultipleOf)],
        };
    }

    public override IEnumerable<Shape> Without(SchemaSpace space, string path)
    {
        var all = new NumberShape { Path = path };
        if (Least > -Furthest)
            yield return all with { Greatest = Least, IsGreatestOpen = !IsLeastOpen };
        if (Greatest < Furthest)
            yield return all with { Least = Greatest, IsLeastOpen = !IsGreatestOpen };
        if (MultipleOf is { } multiple)
            yield return all with { NoMultipleOf = [multiple] };
        foreach (var other in NoMultipleOf)
            yield return all with { MultipleOf = other };
    }

    public override bool Holds(JsonElement value, SchemaSpace space)
    {
        if (value.ValueKind != JsonValueKind.Number)
            return false;
        if (!value.TryGetDecimal(out var number) || Math.Abs(number) > Furthest)
            return IsBounded || MultipleOf is not null || NoMultipleOf.Count > 0 ? throw SchemaErrors.Unkept(Path, "a constant beside bounds is too large") : true;
        return (IsLeastOpen ? number > Least : number >= Least) && (IsGreatestOpen ? number < Greatest : number <= Greatest)
            && (MultipleOf is not { } multiple || number % multiple == 0) && NoMultipleOf.All(m => number % m != 0);
    }

    public override bool IsEmpty(SchemaSpace space)
    {
        if (Least > Greatest || (Least == Greatest && (IsLeastOpen || IsGreatestOpen)) || (MultipleOf is { } of && NoMultipleOf.Any(m => of % m == 0)))
            return true;
        return MultipleOf is { } multiple && First(multiple) is var first && (IsGreatestOpen ? first >= Greatest : first > Greatest);
    }

    /// <summary>The values, when they are no more than <paramref name="most"/>; else null.</summary>
    public IReadOnlyList<decimal>? Values(int most)
    {
        if (MultipleOf is not { } multiple || Least <= -Furthest || Greatest >= Furthest || (double)(Greatest - Least) / (double)multiple > most)
            return null;
        var values = new List<decimal>();
        for (var value = First(multiple); IsGreatestOpen ? value < Greatest : value <= Greatest; value += multiple)
            if (NoMultipleOf.All(m => value % m != 0))
                values.Add(value);
        return values.Count <= most ? values : null;
    }

    /// <summary>All numbers but these, as the ranges between them.</summary>
    public static IEnumerable<NumberShape> Except(IEnumerable<JsonElement> numbers, string path)
    {
        var range = new NumberShape { Path = path };
        foreach (var number in numbers.Select(n => n.TryGetDecimal(out var value) ? value : throw SchemaErrors.Unkept(path, "a number is too large")).Distinct().Order())
        {
            yield return range with { Greatest = number, IsGreatestOpen = true };
            range = range with { Least = number, IsLeastOpen = true };
        }
        yield return range;
    }

    /// <summary>The least multiple within the bounds.</summary>
    private decimal First(decimal multiple)
    {
        var first = Least - Least % multiple;
        if (first < Least || (IsLeastOpen && first == Least))
            first += multiple;
        return first;
    }

    private decimal CommonMultiple(decimal a, decimal b)
    {
        var (x, y) = (a, b);
        while (y != 0)
            (x, y) = (y, x % y);
        return a / x is var factor && factor < MostMultiple / b ? factor * b : throw SchemaErrors.Unkept(Path, "the least common multiple of its 'multipleOf' is too large");
    }
}
