namespace Router.Api.Constraints.Patterns;

/// <summary>A language as a table: from a state by a character to a state, each with the bytes that a JSON string needs at least to end from there.</summary>
internal sealed class PatternAutomaton
{
    private const int MaxStates = 5000;

    /// <summary>Where the form of a character in a JSON string changes: controls, quote, backslash, lengths in UTF-8, surrogates.</summary>
    private static readonly int[] Edges = [0, 8, 9, 10, 11, 12, 13, 14, 0x20, '"', '"' + 1, '\\', '\\' + 1, 0x80, 0x800, 0xD800, 0xE000, 0x10000];

    private readonly int[] _starts;    // the first character of each class; classes behave alike in every state
    private readonly int[] _bytes;     // of a character of the class in a JSON string; 0 when it has no place there
    private readonly List<int[]> _next = [];
    private readonly int[] _distance;

    /// <exception cref="PatternException">It would be too large.</exception>
    public PatternAutomaton(Language language, Languages languages)
    {
        _starts = Classes(language);
        _bytes = [.. _starts.Select(BytesOf)];
        var states = new Dictionary<Language, int> { [language] = 0 };
        var order = new List<Language> { language };
        for (var state = 0; state < order.Count; state++)
        {
            var row = new int[_starts.Length];
            for (var i = 0; i < row.Length; i++)
            {
                var after = _bytes[i] == 0 ? languages.Nothing : languages.After(order[state], _starts[i]);
                if (!states.TryGetValue(after, out row[i]))
                {
                    row[i] = states[after] = order.Count;
                    order.Add(after);
                    if (order.Count > MaxStates)
                        throw new PatternException("it is too complex");
                }
            }
            _next.Add(row);
        }
        _distance = [.. order.Select(l => l.HoldsEmpty ? 0 : Rule.Endless)];
        for (var changed = true; changed;)
        {
            changed = false;
            for (var state = order.Count - 1; state >= 0; state--)
                for (var i = 0; i < _starts.Length; i++)
                    if (_bytes[i] > 0 && _distance[_next[state][i]] + _bytes[i] is var way && way < _distance[state])
                        (_distance[state], changed) = (way, true);
        }
    }

    /// <summary>Bytes to the nearest end of the text; <see cref="Rule.Endless"/> when there is none.</summary>
    public int Distance(int state) => _distance[state];

    public int Next(int state, int character) => _next[state][ClassOf(character)];

    /// <summary>The least <see cref="Distance"/> after one of these characters, each written in so many bytes.</summary>
    public int Nearest(int state, int from, int to, int bytes)
    {
        var least = Rule.Endless;
        for (var i = from > CharSet.Last ? _starts.Length : ClassOf(from); i < _starts.Length && _starts[i] <= to; i++)
            if (_bytes[i] == bytes)
                least = Math.Min(least, _distance[_next[state][i]]);
        return least;
    }

    private int ClassOf(int character) => Array.BinarySearch(_starts, character) is var found && found >= 0 ? found : ~found - 1;

    private static int BytesOf(int character) => character switch
    {
        '"' or '\\' or '\b' or '\f' or '\n' or '\r' or '\t' => 2,
        < 0x20 or (>= 0xD800 and < 0xE000) => 0,
        < 0x80 => 1,
        < 0x800 => 2,
        < 0x10000 => 3,
        _ => 4,
    };

    private static int[] Classes(Language language)
    {
        var edges = new SortedSet<int>(Edges);
        var seen = new HashSet<Language>();
        var open = new Stack<Language>([language]);
        while (open.TryPop(out var next))
        {
            if (!seen.Add(next))
                continue;
            foreach (var (from, to) in next.Set?.Ranges ?? [])
            {
                edges.Add(from);
                if (to < CharSet.Last)
                    edges.Add(to + 1);
            }
            foreach (var part in next.Parts)
                open.Push(part);
        }
        return [.. edges];
    }
}
