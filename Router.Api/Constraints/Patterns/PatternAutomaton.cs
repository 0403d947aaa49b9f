namespace Router.Api.Constraints.Patterns;

/// <summary>A language as a table: from a state by a character to a state, each with the bytes that a JSON string needs at least to end from there.</summary>
internal sealed class PatternAutomaton
{
    private const int MaxStates = 5000;

    private readonly CharClasses _classes;
    private readonly List<int[]> _next = [];
    private readonly int[] _distance;

    /// <exception cref="PatternException">It would be too large.</exception>
    public PatternAutomaton(Language language, Languages languages)
    {
        _classes = new(language);
        var states = new Dictionary<Language, int> { [language] = 0 };
        var order = new List<Language> { language };
        for (var state = 0; state < order.Count; state++)
        {
            var row = new int[_classes.Count];
            for (var i = 0; i < row.Length; i++)
            {
                var after = _classes.Bytes(i) == 0 ? languages.Nothing : languages.After(order[state], _classes.Example(i));
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
                for (var i = 0; i < _classes.Count; i++)
                    if (_classes.Bytes(i) > 0 && _distance[_next[state][i]] + _classes.Bytes(i) is var way && way < _distance[state])
                        (_distance[state], changed) = (way, true);
        }
    }

    /// <summary>How many states it has.</summary>
    public int Count => _next.Count;

    /// <summary>True when no JSON string is of the language.</summary>
    public bool IsEmpty => _distance[0] >= Rule.Endless;

    /// <summary>Bytes to the nearest end of the text; <see cref="Rule.Endless"/> when there is none.</summary>
    public int Distance(int state) => _distance[state];

    public int Next(int state, int character) => _next[state][_classes.Of(character)];

    /// <summary>The least <see cref="Distance"/> after one of these characters, each written in so many bytes.</summary>
    public int Nearest(int state, int from, int to, int bytes)
    {
        var least = Rule.Endless;
        for (var range = _classes.RangeOf(from); range < _classes.Ranges && _classes.Start(range) <= to; range++)
            if (_classes.OfRange(range) is var i && _classes.Bytes(i) == bytes)
                least = Math.Min(least, _distance[_next[state][i]]);
        return least;
    }

    /// <summary>All texts of the language, when they are no more than <paramref name="most"/>; else null.</summary>
    public IReadOnlyList<string>? Texts(int most)
    {
        var texts = new List<string>();
        return Collect(0, "") ? texts : null;

        bool Collect(int state, string text)
        {
            if (text.Length > MaxStates || texts.Count > most)
                return false;   // a text as long as there are states goes round in one of them: there is no end of longer ones
            if (_distance[state] == 0)
                texts.Add(text);
            for (var range = 0; range < _classes.Ranges; range++)
                if (_classes.OfRange(range) is var i && _classes.Bytes(i) > 0 && _distance[_next[state][i]] < Rule.Endless)
                    for (var c = _classes.Start(range); c <= _classes.End(range); c++)
                        if (!Collect(_next[state][i], text + char.ConvertFromUtf32(c)))
                            return false;
            return texts.Count <= most;
        }
    }

    /// <summary>Bytes within which more than <paramref name="count"/> texts end: the way to one of them when so many are forbidden.</summary>
    public int DistanceToMany(int count)
    {
        var ways = new Dictionary<int, double[]> { [0] = Start() };   // by bytes: texts that reach each state
        var ends = 0.0;
        for (var bytes = 0; bytes < Rule.Endless && ways.Count > 0; bytes++)
        {
            if (!ways.Remove(bytes, out var reached))
                continue;
            for (var state = 0; state < reached.Length; state++)
            {
                if (reached[state] == 0)
                    continue;
                if (_distance[state] == 0 && (ends += reached[state]) > count)
                    return bytes;
                for (var i = 0; i < _classes.Count; i++)
                    if (_classes.Bytes(i) > 0 && _distance[_next[state][i]] < Rule.Endless)
                    {
                        if (!ways.TryGetValue(bytes + _classes.Bytes(i), out var later))
                            ways[bytes + _classes.Bytes(i)] = later = new double[reached.Length];
                        later[_next[state][i]] += reached[state] * _classes.Size(i);
                    }
            }
        }
        return Rule.Endless;

        double[] Start()
        {
            var start = new double[_next.Count];
            start[0] = 1;
            return start;
        }
    }

    /// <summary>True when so many texts that are forbidden cannot make the way longer than <see cref="Distance"/>, whatever they are.</summary>
    public bool IsWide(int state, int texts)
    {
        for (var i = 0; i < _classes.Count; i++)
            if (_classes.Size(i) > texts && _classes.Bytes(i) > 0 && _distance[_next[state][i]] + _classes.Bytes(i) == _distance[state])
                return true;
        return false;
    }

    /// <summary>As <see cref="Distance"/>, but to the end of none of <paramref name="texts"/>, of which <paramref name="at"/> characters were read.</summary>
    public int DistanceWithout(int state, IReadOnlyList<int[]> texts, int at = 0) =>
        _distance[state] == 0 && !texts.Any(t => t.Length == at) ? 0 : StepWithout(state, texts, at, 0, CharSet.Last, bytes: 0);

    /// <summary>As <see cref="DistanceWithout"/>, by way of one of these characters, which is counted with its bytes.</summary>
    public int StepWithout(int state, IReadOnlyList<int[]> texts, int at, int from, int to, int bytes)
    {
        var best = Rule.Endless;
        var forbidden = texts.Where(t => t.Length > at && t[at] >= from && t[at] <= to).Select(t => t[at]).Distinct().ToArray();
        for (var range = _classes.RangeOf(from); range < _classes.Ranges && _classes.Start(range) <= to; range++)
        {
            var i = _classes.OfRange(range);
            var (first, last) = (Math.Max(from, _classes.Start(range)), Math.Min(to, _classes.End(range)));
            if (Fits(i) && last - first + 1 > forbidden.Count(c => c >= first && c <= last))
                best = Math.Min(best, _classes.Bytes(i) + _distance[_next[state][i]]);
        }
        foreach (var character in forbidden)
            if (_classes.Of(character) is var i && Fits(i) && _classes.Bytes(i) + _distance[_next[state][i]] < best)
                best = Math.Min(best, _classes.Bytes(i) + DistanceWithout(_next[state][i], [.. texts.Where(t => t.Length > at && t[at] == character)], at + 1));
        return best;

        bool Fits(int i) => _classes.Bytes(i) > 0 && (bytes == 0 || _classes.Bytes(i) == bytes);
    }
}
