using System.Security.Cryptography;
using System.Text;
using Mesh.Inference.Gguf;

namespace Mesh.Inference.Tokenizer;

/// <summary>
/// SHA-256 over what makes two tokenizers the same: model and pre-tokenizer, the ordered vocabulary with types and scores, merges, special ids. Every item is
/// preceded by its length, so that no two different lists hash alike.
/// </summary>
internal static class TokenizerFingerprint
{
    private static readonly string[] SpecialIds =
        ["bos_token_id", "eos_token_id", "eot_token_id", "eom_token_id", "unknown_token_id", "seperator_token_id", "padding_token_id", "mask_token_id"];

    private static readonly string[] Flags = ["add_bos_token", "add_eos_token", "add_space_prefix"];

    public static string Compute(GgufFile file)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, file.Text("tokenizer.ggml.model") ?? "");
        Add(hash, file.Text("tokenizer.ggml.pre") ?? "");
        AddAll(hash, file.Strings("tokenizer.ggml.tokens"));
        Add(hash, file.Array("tokenizer.ggml.token_type")?.Bytes ?? []);
        Add(hash, file.Array("tokenizer.ggml.scores")?.Bytes ?? []);
        AddAll(hash, file.Strings("tokenizer.ggml.merges"));
        foreach (var id in SpecialIds)
            Add(hash, file.Number($"tokenizer.ggml.{id}")?.ToString() ?? "");
        foreach (var flag in Flags)
            Add(hash, file.Values.GetValueOrDefault($"tokenizer.ggml.{flag}")?.ToString() ?? "");
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void AddAll(IncrementalHash hash, IReadOnlyList<string>? items)
    {
        hash.AppendData(BitConverter.GetBytes(items?.Count ?? 0));
        foreach (var item in items ?? [])
            Add(hash, item);
    }

    private static void Add(IncrementalHash hash, string text) => Add(hash, Encoding.UTF8.GetBytes(text));

    private static void Add(IncrementalHash hash, byte[] bytes)
    {
        hash.AppendData(BitConverter.GetBytes(bytes.Length));
        hash.AppendData(bytes);
    }
}
