using System.Text.Json;
using Router.Api.Errors;

namespace Router.Api.Json;

/// <summary>Reads arrays of token ids.</summary>
internal static class TokenIds
{
    private const int Most = 131_072;

    public static int[] Read(JsonElement array, string path, int vocabularySize)
    {
        if (array.GetArrayLength() > Most)
            throw ApiErrors.Invalid(path, $"Invalid '{path}': array too long. Expected at most {Most} tokens.", "array_above_max_length");
        return [.. array.EnumerateArray().Select(Token)];

        int Token(JsonElement element, int i) =>
            element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var id) && id >= 0 && id < vocabularySize
                ? id
                : throw ApiErrors.Invalid($"{path}[{i}]", $"Invalid '{path}[{i}]': expected a token id from 0 to {vocabularySize - 1}.", "invalid_token");
    }
}
