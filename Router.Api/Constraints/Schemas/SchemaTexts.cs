using Router.Api.Constraints.Patterns;

namespace Router.Api.Constraints.Schemas;

/// <summary>Strings of a schema as languages and automata, each made once.</summary>
internal sealed class SchemaTexts
{
    private const int MaxStates = 4000, MaxLength = 1000, MaxStatesOfAll = 50_000;

    private readonly Dictionary<Language, PatternAutomaton> _automata = [];
    private readonly Dictionary<string, Language> _formats = [];
    private readonly Dictionary<(int, int), Language> _lengths = [];
    private int _states;

    public Languages Languages { get; } = new();

    public PatternAutomaton Automaton(Language language, string path)
    {
        if (_automata.TryGetValue(language, out var known))
            return known;
        var automaton = _automata[language] = Promise(path, () => new PatternAutomaton(language, Languages));
        return (_states += automaton.Count) <= MaxStatesOfAll ? automaton : throw SchemaErrors.Unkept(path, "the patterns of the schema are too complex together");
    }

    /// <summary>Texts of a known format: some of them.</summary>
    public Language Format(string format)
    {
        if (!_formats.TryGetValue(format, out var language))
            _formats[format] = language = PatternParser.Parse(PatternFormats.Of(format)!, Languages);
        return language;
    }

    /// <summary>Texts of the shape: all of them, but for formats and lengths that would make it too large.</summary>
    public Language Of(StringShape shape)
    {
        var text = Languages.Both([shape.Text, .. shape.Formats.Select(Format)]);
        if (shape.Least > 0 || shape.Most < int.MaxValue)
        {
            var states = text == Languages.Anything ? 1 : Automaton(text, shape.Path).Count;
            var longest = Math.Min(shape.Most, Math.Min(MaxLength, MaxStates / states));
            if (longest < shape.Least)
                throw SchemaErrors.Unkept($"{shape.Path}.minLength", "its length beside a pattern is too large");
            text = Languages.Both(text, Length(shape.Least, shape.Most == int.MaxValue && shape.Least * states <= MaxStates ? null : longest));
        }
        return shape.Formats.Count > 0 && Automaton(text, shape.Path).IsEmpty
            ? throw SchemaErrors.Unkept($"{shape.Path}.format", $"the format '{shape.Formats[0]}' cannot be kept beside its other keywords")
            : text;
    }

    /// <summary>Any text of so many characters.</summary>
    public Language Length(int least, int? most)
    {
        if (_lengths.TryGetValue((least, most ?? -1), out var known))
            return known;
        var any = Languages.One(CharSet.Any);
        var length = most is null ? Languages.Anything : Languages.Empty;
        for (var i = least; i < most; i++)
            length = Languages.Either(Languages.Then(any, length), Languages.Empty);
        for (var i = 0; i < least; i++)
            length = Languages.Then(any, length);
        return _lengths[(least, most ?? -1)] = length;
    }

    /// <summary>What may throw <see cref="PatternException"/>, with the place that it is about.</summary>
    public static T Promise<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (PatternException e)
        {
            throw e.IsMalformed ? SchemaErrors.Bad(path, $"the pattern is no regular expression: {e.Message}") : SchemaErrors.Unkept(path, $"the pattern cannot be kept: {e.Message}");
        }
    }
}
