using System.Globalization;
using System.Text;

namespace Router.Api.Constraints.Patterns;

/// <summary>The characters of a regular expression: single ones, escapes, classes and counts.</summary>
internal sealed class PatternChars(string pattern)
{
    private int _at;

    public bool AtEnd => _at == pattern.Length;

    public char Peek => pattern[_at];

    public char Take() => AtEnd ? throw PatternException.Malformed("it ends too early") : pattern[_at++];

    public bool TryTake(char expected)
    {
        if (AtEnd || Peek != expected)
            return false;
        _at++;
        return true;
    }

    public bool TryTake(string expected)
    {
        if (string.CompareOrdinal(pattern, _at, expected, 0, expected.Length) != 0)
            return false;
        _at += expected.Length;
        return true;
    }

    /// <summary>A class, an escape, a dot or one character.</summary>
    public CharSet ReadSet()
    {
        if (TryTake('.'))
            return CharSet.Dot;
        if (TryTake('['))
            return ReadClass();
        return TryTake('\\') ? ReadEscape(inClass: false) : Single(ReadScalar());
    }

    /// <summary>What stands behind an atom: <c>*</c>, <c>+</c>, <c>?</c> or <c>{2,5}</c>, lazy or not; <paramref name="most"/> is null without an end.</summary>
    public bool TryReadCount(int limit, out int least, out int? most)
    {
        (least, most) = (0, null);
        if (TryTake('?'))
            most = 1;
        else if (TryTake('+'))
            least = 1;
        else if (!TryTake('*') && !TryReadBraces(limit, out least, out most))
            return false;
        TryTake('?');   // lazy: the same texts
        return true;
    }

    private bool TryReadBraces(int limit, out int least, out int? most)
    {
        (least, most) = (0, null);
        if (AtEnd || Peek != '{' || pattern.IndexOf('}', _at) is not (> 0 and var end))
            return false;
        var counts = pattern[(_at + 1)..end].Split(',');
        if (counts.Length > 2 || !int.TryParse(counts[0], NumberStyles.None, CultureInfo.InvariantCulture, out least))
            return false;   // a brace that counts nothing stands for itself
        var open = counts.Length == 2 && counts[1].Length == 0;
        var last = least;
        if (counts.Length == 2 && !open && !int.TryParse(counts[1], NumberStyles.None, CultureInfo.InvariantCulture, out last))
            return false;
        most = open ? null : last;
        if (most < least)
            throw PatternException.Malformed("a count is less than its first");
        if (least > limit || most > limit)
            throw new PatternException($"a count is not within 0 to {limit}");
        _at = end + 1;
        return true;
    }

    private CharSet ReadClass()
    {
        var negated = TryTake('^');
        var ranges = new List<(int, int)>();
        while (!TryTake(']'))
        {
            var from = ReadMember();
            if (!AtEnd && Peek == '-' && _at + 1 < pattern.Length && pattern[_at + 1] != ']')
            {
                _at++;
                var to = ReadMember();
                if (from.Ranges is not [var low] || to.Ranges is not [var high] || low.From != low.To || high.From != high.To || high.From < low.From)
                    throw PatternException.Malformed("a range of characters is malformed");
                ranges.Add((low.From, high.From));
            }
            else
                ranges.AddRange(from.Ranges);
        }
        return negated ? CharSet.Of(ranges).Without() : CharSet.Of(ranges);

        CharSet ReadMember() => TryTake('\\') ? ReadEscape(inClass: true) : Single(ReadScalar());
    }

    private CharSet ReadEscape(bool inClass)
    {
        var escaped = Take();
        return escaped switch
        {
            'd' => CharSet.Digit,
            'D' => CharSet.Digit.Without(),
            'w' => CharSet.Word,
            'W' => CharSet.Word.Without(),
            's' => CharSet.Space,
            'S' => CharSet.Space.Without(),
            'n' => Single('\n'),
            'r' => Single('\r'),
            't' => Single('\t'),
            'f' => Single('\f'),
            'v' => Single('\v'),
            'b' when inClass => Single('\b'),
            '0' when AtEnd || !char.IsAsciiDigit(Peek) => Single(0),
            'x' => Single(ReadHex(2)),
            'u' when TryTake('{') => Single(ReadBracedHex()),
            'p' or 'P' when TryTake('{') => ReadProperty(negated: escaped == 'P'),
            'u' => Single(ReadHex(4) is var unit && unit is >= 0xD800 and < 0xDC00 && TryTake("\\u") ? char.ConvertToUtf32((char)unit, Low(ReadHex(4))) : unit),
            _ when char.IsAsciiLetterOrDigit(escaped) => throw new PatternException($"'\\{escaped}' is not supported"),
            _ => Single(escaped),
        };

        static char Low(int unit) => unit is >= 0xDC00 and <= 0xDFFF ? (char)unit : throw PatternException.Malformed("half a character is escaped");
    }

    private CharSet ReadProperty(bool negated)
    {
        var end = pattern.IndexOf('}', _at);
        if (end < 0)
            throw PatternException.Malformed("an escape is malformed");
        var name = pattern[_at..end];
        var set = UnicodeSets.Of(name) ?? throw new PatternException($"'\\p{{{(name.Length > 32 ? name[..32] : name)}}}' is not supported");
        _at = end + 1;
        return negated ? set.Without() : set;
    }

    private int ReadHex(int digits) =>
        _at + digits <= pattern.Length && int.TryParse(pattern.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            ? (_at += digits, value).value
            : throw PatternException.Malformed("an escape is malformed");

    private int ReadBracedHex()
    {
        var end = pattern.IndexOf('}', _at);
        var value = end - _at is > 0 and <= 6 ? ReadHex(end - _at) : -1;
        return value is >= 0 and <= CharSet.Last && TryTake('}') ? value : throw PatternException.Malformed("an escape is malformed");
    }

    private int ReadScalar()
    {
        if (AtEnd)
            throw PatternException.Malformed("it ends too early");
        if (!Rune.TryGetRuneAt(pattern, _at, out var rune))
            throw PatternException.Malformed("it holds half a character");
        _at += rune.Utf16SequenceLength;
        return rune.Value;
    }

    private static CharSet Single(int value) => CharSet.Of((value, value));
}
