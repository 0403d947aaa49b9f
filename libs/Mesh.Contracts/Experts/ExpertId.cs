using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mesh.Contracts.Experts;

/// <summary>
/// The name of an expert, and the id of its virtual actor: 1 to 64 of <c>a-z 0-9 . _ -</c>, a letter or digit at both ends.
/// Dapr passes actor ids unescaped into URLs and restricts reminder ids, so nothing else is allowed.
/// </summary>
[JsonConverter(typeof(ExpertIdJsonConverter))]
public readonly record struct ExpertId
{
    private readonly string? _value;

    private ExpertId(string value) => _value = value;

    /// <summary>The name; empty for <c>default</c>.</summary>
    public string Value => _value ?? "";

    /// <summary>Reads a name, or says with <c>false</c> that it is none.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out ExpertId id)
    {
        id = default;
        if (text is null || text.Length is 0 or > 64 || !IsEdge(text[0]) || !IsEdge(text[^1]))
            return false;
        foreach (var c in text)
            if (!IsEdge(c) && c is not ('.' or '_' or '-'))
                return false;
        if (text.Contains("..", StringComparison.Ordinal))
            return false;
        id = new(text);
        return true;

        static bool IsEdge(char c) => c is >= 'a' and <= 'z' or >= '0' and <= '9';
    }

    /// <exception cref="FormatException">The text is no expert name.</exception>
    public static ExpertId Parse(string text) => TryParse(text, out var id)
        ? id
        : throw new FormatException($"'{text}' is no expert name: use 1 to 64 of a-z, 0-9, '.', '_', '-', with a letter or digit at both ends.");

    /// <summary>A name made of any text: lower-cased, everything else replaced by '-'.</summary>
    public static ExpertId FromText(string text)
    {
        var chars = text.ToLowerInvariant().Select(c => c is >= 'a' and <= 'z' or >= '0' and <= '9' ? c : c is '_' ? '_' : '-').ToArray();
        var name = new string(chars).Trim('-', '_');
        return Parse(name.Length == 0 ? "expert" : name.Length <= 64 ? name : name[..64].TrimEnd('-', '_'));
    }

    public override string ToString() => Value;
}

/// <summary>As its name.</summary>
public sealed class ExpertIdJsonConverter : JsonConverter<ExpertId>
{
    public override ExpertId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        => ExpertId.TryParse(reader.GetString(), out var id) ? id : throw new JsonException("Not an expert name.");

    public override void Write(Utf8JsonWriter writer, ExpertId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
}
