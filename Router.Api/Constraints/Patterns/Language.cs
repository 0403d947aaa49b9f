namespace Router.Api.Constraints.Patterns;

internal enum LanguageKind { Nothing, Empty, One, Then, Either, Both, Not, Many }

/// <summary>A set of texts. Equal ones made by the same <see cref="Languages"/> are mostly the same object.</summary>
internal sealed record Language(int Id, LanguageKind Kind, CharSet? Set, IReadOnlyList<Language> Parts, bool HoldsEmpty)
{
    public bool Equals(Language? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => Id;
}

/// <summary>
/// Makes languages and their derivatives (Brzozowski): what may follow a first character. Unlike textbook automata these do intersection and
/// complement, which look-ahead and a <c>format</c> beside a <c>pattern</c> need.
/// </summary>
internal sealed class Languages
{
    private const int MaxCount = 50_000, MaxSteps = 500_000;   // hostile patterns end here

    private readonly Dictionary<string, Language> _known = [];
    private readonly Dictionary<CharSet, Language> _sets = [];
    private readonly Dictionary<(int, int), Language> _after = [];

    public Languages()
    {
        Nothing = Make(LanguageKind.Nothing, [], false);
        Empty = Make(LanguageKind.Empty, [], true);
        Anything = Many(One(CharSet.Any));
    }

    public Language Nothing { get; }
    public Language Empty { get; }
    public Language Anything { get; }

    public Language One(CharSet set)
    {
        if (set.Ranges.Count == 0)
            return Nothing;
        if (!_sets.TryGetValue(set, out var known))
            _sets[set] = known = Make(LanguageKind.One, [], false, set, string.Join(',', set.Ranges));
        return known;
    }

    public Language Then(Language first, Language second)
    {
        if (first == Nothing || second == Nothing)
            return Nothing;
        if (first == Empty || second == Empty)
            return first == Empty ? second : first;
        return first.Kind == LanguageKind.Then
            ? Then(first.Parts[0], Then(first.Parts[1], second))
            : Make(LanguageKind.Then, [first, second], first.HoldsEmpty && second.HoldsEmpty);
    }

    public Language Either(params IEnumerable<Language> languages)
    {
        var parts = Flat(LanguageKind.Either, languages, without: Nothing);
        return parts.Contains(Anything) ? Anything : parts.Count switch
        {
            0 => Nothing,
            1 => parts[0],
            _ => Make(LanguageKind.Either, parts, parts.Any(p => p.HoldsEmpty)),
        };
    }

    public Language Both(params IEnumerable<Language> languages)
    {
        var parts = Flat(LanguageKind.Both, languages, without: Anything);
        return parts.Contains(Nothing) ? Nothing : parts.Count switch
        {
            0 => Anything,
            1 => parts[0],
            _ => Make(LanguageKind.Both, parts, parts.All(p => p.HoldsEmpty)),
        };
    }

    public Language Not(Language language) =>
        language == Nothing ? Anything
        : language == Anything ? Nothing
        : language.Kind == LanguageKind.Not ? language.Parts[0]
        : Make(LanguageKind.Not, [language], !language.HoldsEmpty);

    public Language Many(Language language) =>
        language == Nothing || language == Empty ? Empty : language.Kind == LanguageKind.Many ? language : Make(LanguageKind.Many, [language], true);

    /// <summary>One text and no other.</summary>
    public Language Text(string text) => text.EnumerateRunes().Reverse().Aggregate(Empty, (rest, rune) => Then(One(CharSet.Of((rune.Value, rune.Value))), rest));

    public bool Holds(Language language, string text)
    {
        foreach (var rune in text.EnumerateRunes())
            language = After(language, rune.Value);
        return language.HoldsEmpty;
    }

    /// <summary>What may follow <paramref name="next"/>.</summary>
    public Language After(Language language, int next)
    {
        if (language.Parts.Count == 0)
            return language.Set?.Contains(next) == true ? Empty : Nothing;
        if (_after.TryGetValue((language.Id, next), out var known))
            return known;
        if (_after.Count == MaxSteps)
            throw new PatternException("it is too complex");
        var parts = language.Parts;
        return _after[(language.Id, next)] = language.Kind switch
        {
            LanguageKind.Then when parts[0].HoldsEmpty => Either(Then(After(parts[0], next), parts[1]), After(parts[1], next)),
            LanguageKind.Then => Then(After(parts[0], next), parts[1]),
            LanguageKind.Either => Either(parts.Select(p => After(p, next))),
            LanguageKind.Both => Both(parts.Select(p => After(p, next))),
            LanguageKind.Not => Not(After(parts[0], next)),
            _ => Then(After(parts[0], next), language),
        };
    }

    private static List<Language> Flat(LanguageKind kind, IEnumerable<Language> languages, Language without) =>
        [.. languages.SelectMany(l => l.Kind == kind ? l.Parts : [l]).Where(l => l != without).DistinctBy(l => l.Id).OrderBy(l => l.Id)];

    private Language Make(LanguageKind kind, IReadOnlyList<Language> parts, bool holdsEmpty, CharSet? set = null, string? of = null)
    {
        var key = $"{kind}:{of ?? string.Join(',', parts.Select(p => p.Id))}";
        if (_known.TryGetValue(key, out var known))
            return known;
        if (_known.Count == MaxCount)
            throw new PatternException("it is too complex");
        return _known[key] = new(_known.Count, kind, set, parts, holdsEmpty);
    }
}
