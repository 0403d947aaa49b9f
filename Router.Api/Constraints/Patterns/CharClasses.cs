namespace Router.Api.Constraints.Patterns;

/// <summary>Characters that a language treats alike, as ranges of which each belongs to one class.</summary>
internal sealed class CharClasses
{
    /// <summary>Where the form of a character in a JSON string changes: controls, quote, backslash, lengths in UTF-8, surrogates.</summary>
    private static readonly int[] Edges = [0, 8, 9, 10, 11, 12, 13, 14, 0x20, '"', '"' + 1, '\\', '\\' + 1, 0x80, 0x800, 0xD800, 0xE000, 0x10000];

    private readonly int[] _starts;
    private readonly int[] _class;     // of each range
    private readonly int[] _example, _bytes, _size;   // of each class

    public CharClasses(Language language)
    {
        var sets = Sets(language);
        var edges = new SortedSet<int>(Edges);
        foreach (var (from, to) in sets.SelectMany(s => s.Ranges))
        {
            edges.Add(from);
            if (to < CharSet.Last)
                edges.Add(to + 1);
        }
        _starts = [.. edges];
        _class = [.. _starts.Select(BytesOf)];
        foreach (var set in sets)
            Split(set);
        Number();
        Count = _class.Max() + 1;
        (_example, _bytes, _size) = (new int[Count], new int[Count], new int[Count]);
        for (var range = 0; range < _starts.Length; range++)
        {
            _example[_class[range]] = _starts[range];
            _bytes[_class[range]] = BytesOf(_starts[range]);
            _size[_class[range]] += End(range) - Start(range) + 1;
        }
    }

    public int Count { get; }

    public int Ranges => _starts.Length;

    public int Start(int range) => _starts[range];

    public int End(int range) => range + 1 < _starts.Length ? _starts[range + 1] - 1 : CharSet.Last;

    public int OfRange(int range) => _class[range];

    public int RangeOf(int character) =>
        character > CharSet.Last ? Ranges : Array.BinarySearch(_starts, character) is var found && found >= 0 ? found : ~found - 1;

    public int Of(int character) => _class[RangeOf(character)];

    public int Example(int i) => _example[i];

    /// <summary>Bytes of a character of the class in a JSON string; 0 when it has no place there.</summary>
    public int Bytes(int i) => _bytes[i];

    public int Size(int i) => _size[i];

    /// <summary>Parts the classes into characters of the set and others.</summary>
    private void Split(CharSet set)
    {
        var split = new Dictionary<int, int>();
        var next = _class.Max() + 1;
        foreach (var (from, to) in set.Ranges)
            for (var range = RangeOf(from); range < Ranges && _starts[range] <= to; range++)
            {
                if (!split.TryGetValue(_class[range], out var inside))
                    split[_class[range]] = inside = next++;
                _class[range] = inside;
            }
    }

    private void Number()
    {
        var numbers = new Dictionary<int, int>();
        for (var range = 0; range < _class.Length; range++)
        {
            numbers.TryAdd(_class[range], numbers.Count);
            _class[range] = numbers[_class[range]];
        }
    }

    private static int BytesOf(int character) => character switch
    {
        '"' or '\\' or '\b' or '\f' or '\n' or '\r' or '\t' => 2,
        < 0x20 or (>= 0xD800 and < 0xE000) => 0,
        < 0x80 => 1,
        < 0x800 => 2,
        < 0x10000 => 3,
        _ => 4,
    };

    private static HashSet<CharSet> Sets(Language language)
    {
        var sets = new HashSet<CharSet>();
        var seen = new HashSet<Language>();
        var open = new Stack<Language>([language]);
        while (open.TryPop(out var next))
        {
            if (!seen.Add(next))
                continue;
            if (next.Set is { } set)
                sets.Add(set);
            foreach (var part in next.Parts)
                open.Push(part);
        }
        return sets;
    }
}
