using System.Text.Json;
using Mesh.Inference.Tokenizer;
using Router.Api.Errors;
using Router.Api.Json;

namespace Router.Api.Text;

/// <summary>Reads what OpenAI takes as a prompt or input: a string, an array of strings, an array of tokens, or an array of arrays of tokens.</summary>
internal static class TextInputs
{
    public static IReadOnlyList<int[]> Read(in JsonFields body, string name, ModelTokenizer tokenizer, int maximum, bool mayBeEmpty = true)
    {
        if (!body.TryGet(name, out var input))
            throw ApiErrors.Missing(name);
        if (input.ValueKind == JsonValueKind.String)
            return [Encode(input, name)];
        if (input.ValueKind != JsonValueKind.Array)
            throw ApiErrors.WrongType(name, "a string, an array of strings, an array of tokens or an array of arrays of tokens", JsonFields.Kind(input));
        if (input.GetArrayLength() > 0 && input[0].ValueKind == JsonValueKind.Number)
            return [TokenIds.Read(input, name, tokenizer.VocabularySize)];
        var all = body.Array(name, maximum, minimum: 1)!.Value;
        return all[0].ValueKind == JsonValueKind.Array
            ? [.. all.EnumerateArray().Select((one, i) => Tokens(one, $"{name}[{i}]"))]
            : [.. all.EnumerateArray().Select((one, i) => Encode(one, $"{name}[{i}]"))];

        int[] Tokens(JsonElement tokens, string path) => tokens.ValueKind == JsonValueKind.Array
            ? TokenIds.Read(tokens, path, tokenizer.VocabularySize)
            : throw ApiErrors.WrongType(path, "an array of tokens like the first", JsonFields.Kind(tokens));

        int[] Encode(JsonElement text, string path) => JsonFields.TextOf(text, path) is var read && (read.Length > 0 || mayBeEmpty)
            ? tokenizer.Encode(read, addSpecial: true)
            : throw ApiErrors.Invalid(path, $"Invalid '{path}': it cannot be an empty string.", "empty_input");
    }
}
