using System.Globalization;
using System.Text.Json;
using Router.Api.Errors;

namespace Router.Api.Json;

/// <summary>
/// Reads the fields of a JSON object that a client sent, each with its type and range, and names the one that is wrong.
/// An absent field and <c>null</c> are the same; unknown fields are not looked at.
/// </summary>
/// <param name="element">The object.</param>
/// <param name="path">Where it is in the body, with a trailing dot; empty for the body itself.</param>
internal readonly struct JsonFields(JsonElement element, string path = "")
{
    /// <summary>The object at <paramref name="path"/>, which is a field's name without a dot.</summary>
    public static JsonFields Of(JsonElement element, string path) =>
        element.ValueKind == JsonValueKind.Object ? new(element, path + ".") : throw ApiErrors.WrongType(path, "an object", Kind(element));

    public string Path(string name) => path + name;

    public bool Has(string name) => TryGet(name, out _);

    public bool TryGet(string name, out JsonElement value)
    {
        try
        {
            return element.TryGetProperty(name, out value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined);
        }
        catch (InvalidOperationException)   // a name beside it holds half a surrogate pair
        {
            throw ApiErrors.BadJson("a property name is not valid Unicode.");
        }
    }

    public string? Text(string name, int maxLength = 1 << 20)
    {
        if (!TryGet(name, out var value))
            return null;
        var text = TextOf(value, Path(name));
        return text.Length <= maxLength
            ? text
            : throw ApiErrors.Invalid(Path(name), $"Invalid '{Path(name)}': string too long. Expected at most {maxLength} characters, but got {text.Length} instead.", "string_above_max_length");
    }

    public string RequiredText(string name, int maxLength = 1 << 20) => Text(name, maxLength) ?? throw ApiErrors.Missing(Path(name));

    public bool Flag(string name, bool otherwise = false) => !TryGet(name, out var value) ? otherwise : value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw ApiErrors.WrongType(Path(name), "a boolean", Kind(value)),
    };

    public double? Number(string name, double minimum, double maximum)
    {
        if (!TryGet(name, out var value))
            return null;
        if (value.ValueKind != JsonValueKind.Number)
            throw ApiErrors.WrongType(Path(name), "a decimal", Kind(value));
        var number = value.GetDouble();
        if (!(number >= minimum))
            throw OutOfRange(name, "decimal", "minimum", ">=", minimum, number);
        return number <= maximum ? number : throw OutOfRange(name, "decimal", "maximum", "<=", maximum, number);
    }

    public long? Integer(string name, long minimum, long maximum)
    {
        if (!TryGet(name, out var value))
            return null;
        if (value.ValueKind != JsonValueKind.Number)
            throw ApiErrors.WrongType(Path(name), "an integer", Kind(value));
        if (!value.TryGetInt64(out var number))
        {
            var real = value.GetDouble();
            if (real != Math.Floor(real))
                throw ApiErrors.WrongType(Path(name), "an integer", "a decimal number");
            number = real < 0 ? long.MinValue : long.MaxValue;
            if (Math.Abs(real) < long.MaxValue)
                number = (long)real;   // 3.0 and 1e3 are integers
        }
        if (number < minimum)
            throw OutOfRange(name, "integer", "minimum", ">=", minimum, number);
        return number <= maximum ? number : throw OutOfRange(name, "integer", "maximum", "<=", maximum, number);
    }

    public T? OneOf<T>(string name, params ReadOnlySpan<(string Text, T Value)> choices) where T : struct
    {
        if (Text(name) is not { } text)
            return null;
        foreach (var (known, value) in choices)
            if (string.Equals(known, text, StringComparison.Ordinal))
                return value;
        var names = new string[choices.Length];
        for (var i = 0; i < names.Length; i++)
            names[i] = $"'{choices[i].Text}'";
        throw ApiErrors.Invalid(Path(name), $"Invalid value for '{Path(name)}': '{Shorten(text)}'. Supported values are: {string.Join(", ", names)}.");
    }

    /// <summary>One of the names that are known.</summary>
    public string? Name(string name, params ReadOnlySpan<string> known)
    {
        var choices = new (string, int)[known.Length];
        for (var i = 0; i < known.Length; i++)
            choices[i] = (known[i], i);
        return OneOf(name, choices) is { } index ? known[index] : null;
    }

    /// <summary>The names of an object whose fields are not known beforehand.</summary>
    public IReadOnlyList<string> PropertyNames(int maximum)
    {
        var at = path.TrimEnd('.');
        try
        {
            var names = element.EnumerateObject().Take(maximum + 1).Select(p => p.Name).ToArray();
            return names.Length <= maximum
                ? names
                : throw ApiErrors.Invalid(at, $"Invalid '{at}': too many properties. Expected at most {maximum}.", "object_above_max_properties");
        }
        catch (InvalidOperationException)
        {
            throw ApiErrors.BadJson("a property name is not valid Unicode.");
        }
    }

    public JsonFields? Object(string name) => TryGet(name, out var value) ? Of(value, Path(name)) : null;

    public JsonElement? Array(string name, int maximum, int minimum = 0)
    {
        if (!TryGet(name, out var value))
            return null;
        if (value.ValueKind != JsonValueKind.Array)
            throw ApiErrors.WrongType(Path(name), "an array", Kind(value));
        var count = value.GetArrayLength();
        if (count < minimum)
            throw ApiErrors.Invalid(Path(name), $"Invalid '{Path(name)}': {(count == 0 ? "empty array" : "array too short")}. Expected an array with minimum length {minimum}, but got length {count} instead.", count == 0 ? "empty_array" : "array_below_min_length");
        return count <= maximum
            ? value
            : throw ApiErrors.Invalid(Path(name), $"Invalid '{Path(name)}': array too long. Expected an array with maximum length {maximum}, but got length {count} instead.", "array_above_max_length");
    }

    public static string TextOf(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.String)
            throw ApiErrors.WrongType(path, "a string", Kind(value));
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)   // half a surrogate pair
        {
            throw ApiErrors.Invalid(path, $"Invalid '{path}': the string is not valid Unicode.", "invalid_unicode");
        }
    }

    /// <summary>How an error names what came instead.</summary>
    public static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => "a string",
        JsonValueKind.Number => value.TryGetInt64(out _) ? "an integer" : "a decimal",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        JsonValueKind.Array => "an array",
        JsonValueKind.Object => "an object",
        _ => "null",
    };

    private static string Shorten(string text) => text.Length <= 64 ? text : text[..64] + "...";

    private ApiException OutOfRange<T>(string name, string kind, string edge, string relation, T limit, T actual) where T : IFormattable =>
        ApiErrors.Invalid(Path(name),
            $"Invalid '{Path(name)}': {kind} {(edge == "maximum" ? "above maximum" : "below minimum")} value. Expected a value {relation} {limit.ToString(null, CultureInfo.InvariantCulture)}, but got {actual.ToString(null, CultureInfo.InvariantCulture)} instead.",
            $"{kind}_{(edge == "maximum" ? "above_max" : "below_min")}_value");
}
