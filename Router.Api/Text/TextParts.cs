using System.Text.Json;
using Router.Api.Errors;
using Router.Api.Json;

namespace Router.Api.Text;

/// <summary>Reads what a speaker said: a string, or an array of parts that each hold one.</summary>
internal static class TextParts
{
    private const int Most = 256;

    /// <param name="types">Types of part that are text. A <c>refusal</c> holds it under that name, all others under <c>text</c>.</param>
    public static string Read(in JsonFields owner, string name, bool required, params string[] types)
    {
        var path = owner.Path(name);
        if (!owner.TryGet(name, out var content))
            return required ? throw ApiErrors.Missing(path) : "";
        return content.ValueKind switch
        {
            JsonValueKind.String => JsonFields.TextOf(content, path),
            JsonValueKind.Array => string.Concat(owner.Array(name, Most, minimum: 1)!.Value.EnumerateArray().Select((part, i) => ReadPart(part, $"{path}[{i}]", types))),
            _ => throw ApiErrors.WrongType(path, "a string or an array of content parts", JsonFields.Kind(content)),
        };
    }

    private static string ReadPart(JsonElement element, string path, string[] types)
    {
        var part = JsonFields.Of(element, path);
        var type = part.RequiredText("type");
        return types.Contains(type)
            ? part.RequiredText(type == "refusal" ? type : "text")
            : throw ApiErrors.Invalid($"{path}.type", $"Invalid value: '{(type.Length <= 64 ? type : type[..64])}'. Supported values are: {string.Join(", ", types.Select(t => $"'{t}'"))}.");
    }
}
