namespace Mesh.Inference.Gguf;

/// <summary>What a decoder model's header says of its shape; checked, because libllama divides by these numbers.</summary>
internal sealed record ModelFacts(string Architecture, string Name, int Layers, int Embedding, int Heads, int KvHeads, int TrainedContext, int Vocabulary)
{
    /// <summary>libllama's own bound; more end the process.</summary>
    private const int MostLayers = 512;

    /// <exception cref="ModelLoadException">A number is missing or impossible.</exception>
    public static ModelFacts Read(GgufFile file)
    {
        var architecture = file.Text("general.architecture") ?? throw new ModelLoadException("The GGUF header names no architecture.");
        if (file.Text("general.type") is "adapter")
            throw new ModelLoadException("This GGUF file is an adapter, not a model: name its base model and list it under adapters.");
        var layers = Need(file, $"{architecture}.block_count", 1, MostLayers);
        var embedding = Need(file, $"{architecture}.embedding_length", 1, 1 << 17);
        var heads = Need(file, $"{architecture}.attention.head_count", 1, 4096);
        var kvHeads = file.Number($"{architecture}.attention.head_count_kv") is null ? heads : Need(file, $"{architecture}.attention.head_count_kv", 1, heads);
        var context = Need(file, $"{architecture}.context_length", 1, 1 << 24);
        Need(file, $"{architecture}.feed_forward_length", 1, 1 << 22);
        CheckEpsilons(file);
        var tokens = file.Strings("tokenizer.ggml.tokens") ?? throw new ModelLoadException("The GGUF header has no vocabulary (tokenizer.ggml.tokens).");
        CheckDistinct(tokens);
        var vocabulary = tokens.Count;
        var table = file.Tensors.FirstOrDefault(t => t.Name == "token_embd.weight") ?? throw new ModelLoadException("The GGUF file has no token embeddings.");
        if (table.Shape.Count != 2 || table.Shape[0] != embedding || table.Shape[1] < vocabulary)
            throw new ModelLoadException("The token embeddings do not fit the vocabulary and embedding length of the header.");
        if (vocabulary is < 2 or > Contracts.Steps.StepLimits.Vocabulary)
            throw new ModelLoadException($"A vocabulary of {vocabulary} tokens is not supported.");
        if (file.Number($"{architecture}.attention.key_length") is null && embedding % heads != 0)
            throw new ModelLoadException("The embedding length is no multiple of the number of heads.");
        if (heads % kvHeads != 0)
            throw new ModelLoadException("The number of heads is no multiple of the number of K/V heads.");
        return new(architecture, file.Text("general.name") ?? Path.GetFileNameWithoutExtension(file.Path), layers, embedding, heads, kvHeads, context, vocabulary);
    }

    /// <summary>Numbers in one attention head's key.</summary>
    public long HeadLength(GgufFile file) => file.Number($"{Architecture}.attention.key_length") ?? Embedding / Heads;

    /// <summary>Bytes of K and V in half precision for one position.</summary>
    public long CacheBytesPerToken(GgufFile file)
    {
        var key = HeadLength(file);
        var value = file.Number($"{Architecture}.attention.value_length") ?? Embedding / Heads;
        return 2L * Layers * KvHeads * (Math.Clamp(key, 1, 4096) + Math.Clamp(value, 1, 4096));
    }

    private static void CheckEpsilons(GgufFile file)
    {
        foreach (var (key, value) in file.Values)
            if (key.EndsWith("_epsilon", StringComparison.Ordinal) && value is float number && !(number >= 0f && float.IsFinite(number)))
                throw new ModelLoadException($"'{key}' is {value}; it must be a finite number, 0 or more.");
    }

    /// <summary>libllama takes texts up to the first zero byte, names empty ones itself, and ends the process when two are the same.</summary>
    private static void CheckDistinct(IReadOnlyList<string> tokens)
    {
        var seen = new HashSet<string>(tokens.Count, StringComparer.Ordinal);
        for (var i = 0; i < tokens.Count; i++)
        {
            var end = tokens[i].IndexOf('\0');
            var text = end < 0 ? tokens[i] : tokens[i][..end];
            if (!seen.Add(text.Length > 0 ? text : $"[EMPTY_{i}]"))
                throw new ModelLoadException($"The vocabulary has the token '{text}' twice.");
        }
    }

    private static int Need(GgufFile file, string key, long least, long most) => file.Number(key) switch
    {
        null => throw new ModelLoadException($"The GGUF header lacks '{key}'."),
        var value when value < least || value > most => throw new ModelLoadException($"'{key}' is {value}; it must be {least} to {most}."),
        var value => (int)value.Value,
    };
}
