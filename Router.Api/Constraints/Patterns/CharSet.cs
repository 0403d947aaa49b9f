namespace Router.Api.Constraints.Patterns;

/// <summary>Unicode scalar values as ranges, ascending and apart.</summary>
internal sealed class CharSet
{
    public const int Last = 0x10FFFF;

    public static readonly CharSet
        Any = Of((0, Last)),
        Dot = Of(('\n', '\n'), ('\r', '\r'), (0x2028, 0x2029)).Without(),
        Digit = Of(('0', '9')),
        Word = Of(('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')),
        Space = Of(('\t', '\r'), (' ', ' '), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF));

    private CharSet(IReadOnlyList<(int From, int To)> ranges) => Ranges = ranges;

    public IReadOnlyList<(int From, int To)> Ranges { get; }

    public static CharSet Of(params IEnumerable<(int From, int To)> ranges)
    {
        var apart = new List<(int From, int To)>();
        foreach (var (from, to) in ranges.Order())
            if (apart.Count > 0 && from <= apart[^1].To + 1)
                apart[^1] = (apart[^1].From, Math.Max(apart[^1].To, to));
            else
                apart.Add((from, to));
        return new(apart);
    }

    /// <summary>All that is not in it.</summary>
    public CharSet Without()
    {
        var ranges = new List<(int, int)>();
        var from = 0;
        foreach (var range in Ranges)
        {
            if (range.From > from)
                ranges.Add((from, range.From - 1));
            from = range.To + 1;
        }
        if (from <= Last)
            ranges.Add((from, Last));
        return new(ranges);
    }

    public bool Contains(int value)
    {
        var (low, high) = (0, Ranges.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (value < Ranges[middle].From)
                high = middle - 1;
            else if (value > Ranges[middle].To)
                low = middle + 1;
            else
                return true;
        }
        return false;
    }
}
