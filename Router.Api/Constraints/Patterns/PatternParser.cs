namespace Router.Api.Constraints.Patterns;

/// <summary>
/// Reads a regular expression of JSON schema (ECMA 262) into the texts that hold a match. Every part is a function from what follows it to the whole, so
/// that look-ahead and anchors see the rest of the text. Back-references, look-behind and word boundaries are refused.
/// </summary>
internal sealed class PatternParser
{
    private const int MaxLength = 2000, MaxDepth = 32, MaxRepeat = 1000;

    private readonly Languages _languages;
    private readonly PatternChars _chars;
    private int _depth;

    /// <param name="Then">From what follows, and whether the part stands at the very start, to the part and what follows.</param>
    /// <param name="IsWidthless">It reads nothing: an anchor or a look-ahead.</param>
    /// <param name="Looks">It or a part of it looks at what follows.</param>
    private sealed record Part(Func<Language, bool, Language> Then, bool IsWidthless = false, bool Looks = false);

    private PatternParser(string pattern, Languages languages) => (_chars, _languages) = (new(pattern), languages);

    /// <exception cref="PatternException">It is malformed or cannot be promised.</exception>
    public static Language Parse(string pattern, Languages languages)
    {
        if (pattern.Length > MaxLength)
            throw new PatternException($"it is longer than {MaxLength} characters");
        var parser = new PatternParser(pattern, languages);
        var part = parser.ReadAlternatives();
        if (!parser._chars.AtEnd)
            throw PatternException.Malformed("a ')' is left over");
        var (anything, some) = (languages.Anything, languages.One(CharSet.Any));
        // A match may begin anywhere: at the very start, or after something.
        return languages.Either(part.Then(anything, true), languages.Then(some, languages.Then(anything, part.Then(anything, false))));
    }

    private Part ReadAlternatives()
    {
        if (++_depth > MaxDepth)
            throw new PatternException("it is nested too deeply");
        var alternatives = new List<Part> { ReadSequence() };
        while (_chars.TryTake('|'))
            alternatives.Add(ReadSequence());
        _depth--;
        return alternatives.Count == 1
            ? alternatives[0]
            : new((rest, first) => _languages.Either(alternatives.Select(a => a.Then(rest, first))), Looks: alternatives.Any(a => a.Looks));
    }

    private Part ReadSequence()
    {
        var parts = new List<Part>();
        while (!_chars.AtEnd && _chars.Peek is not ('|' or ')'))
            parts.Add(Repeat(ReadAtom()));
        return new(
            (rest, first) =>
            {
                var wide = parts.FindIndex(p => !p.IsWidthless);
                for (var i = parts.Count - 1; i >= 0; i--)
                    rest = parts[i].Then(rest, first && (wide < 0 || i <= wide));
                return rest;
            },
            Looks: parts.Any(p => p.Looks));
    }

    private Part ReadAtom()
    {
        switch (_chars.Peek)
        {
            case '^':
                _chars.Take();
                return new((rest, first) => first ? rest : _languages.Nothing, IsWidthless: true, Looks: true);
            case '$':
                _chars.Take();
                return new((rest, _) => _languages.Both(rest, _languages.Empty), IsWidthless: true, Looks: true);
            case '(':
                _chars.Take();
                return ReadGroup();
            case '*' or '+' or '?' or '{' when _chars.TryReadCount(MaxRepeat, out _, out _):
                throw PatternException.Malformed("there is nothing to repeat");
            default:
                var one = _languages.One(_chars.ReadSet());
                return new((rest, _) => _languages.Then(one, rest));
        }
    }

    private Part ReadGroup()
    {
        var ahead = _chars.TryTake("?=") ? true : _chars.TryTake("?!") ? false : (bool?)null;
        if (ahead is null && !_chars.TryTake("?:") && _chars.TryTake('?'))
        {
            if (_chars.AtEnd)
                throw PatternException.Malformed("a ')' is missing");
            if (!_chars.TryTake('<') || _chars.AtEnd || _chars.Peek is '=' or '!')
                throw new PatternException("look-behind and flags are not supported");
            while (_chars.Take() != '>')
            {
            }
        }
        var inner = ReadAlternatives();
        if (!_chars.TryTake(')'))
            throw PatternException.Malformed("a ')' is missing");
        return ahead is not { } wanted ? inner : new(
            (rest, first) => inner.Then(_languages.Anything, first) is var seen ? _languages.Both(rest, wanted ? seen : _languages.Not(seen)) : rest, IsWidthless: true, Looks: true);
    }

    private Part Repeat(Part part)
    {
        if (!_chars.TryReadCount(MaxRepeat, out var least, out var most))
            return part;
        if (part.IsWidthless || (most is null && part.Looks))
            throw new PatternException("an anchor or look-ahead is repeated");
        return new(
            (rest, first) =>
            {
                var after = rest;
                if (most is null)
                    after = _languages.Then(_languages.Many(part.Then(_languages.Empty, false)), rest);
                else
                    for (var i = least; i < most; i++)
                        after = _languages.Either(part.Then(after, false), rest);
                for (var i = 0; i < least; i++)
                    after = part.Then(after, first && i == least - 1);
                return after;
            },
            Looks: part.Looks);
    }
}
