using System.Collections.Frozen;
using System.Text;
using Mesh.Inference.Gguf;
using Mesh.Inference.Native;

namespace Mesh.Inference.Tokenizer;

/// <summary>The tokenizer of a model file, loaded without its weights. Thread safe.</summary>
public sealed unsafe class ModelTokenizer : IDisposable
{
    private readonly ModelHandle _model;
    private readonly nint _vocabulary;
    private readonly byte[] _pieces;
    private readonly int[] _ends;
    private readonly ChatFormat _chat;

    private ModelTokenizer(GgufFile file, ModelHandle model)
    {
        (_model, _vocabulary) = (model, model.Vocabulary);
        Fingerprint = TokenizerFingerprint.Compute(file);
        VocabularySize = Vocabulary.llama_vocab_n_tokens(_vocabulary);
        EndTokens = Enumerable.Range(0, VocabularySize).Where(t => Vocabulary.llama_vocab_is_eog(_vocabulary, t) != 0).ToFrozenSet();
        (_pieces, _ends) = ReadPieces();
        _chat = new(model.ChatTemplate, SpecialTexts(file));
    }

    /// <summary>SHA-256, lower-case hex; equal for models that can answer together.</summary>
    public string Fingerprint { get; }

    public int VocabularySize { get; }

    /// <summary>Tokens that end a text.</summary>
    public IReadOnlySet<int> EndTokens { get; }

    /// <exception cref="ModelLoadException">The file is missing, corrupt or has no vocabulary.</exception>
    public static ModelTokenizer Load(string modelPath)
    {
        var file = GgufFile.Read(modelPath);
        ModelFacts.Read(file);
        return new(file, ModelHandle.Load(modelPath, vocabularyOnly: true, gpuLayers: 0, progress: null));
    }

    /// <param name="addSpecial">Add the begin token where the model wants one.</param>
    /// <param name="parseSpecial">Read control tokens written out in the text as such; never for text of users.</param>
    public int[] Encode(string text, bool addSpecial = false, bool parseSpecial = false)
    {
        var tokens = new List<int>();
        Encode(text, addSpecial, parseSpecial, tokens);
        return [.. tokens];
    }

    /// <summary>A conversation in the model's own chat format. Markup becomes control tokens; what speakers say never does.</summary>
    /// <exception cref="ArgumentException">A role is no plain word: it would be markup.</exception>
    public int[] EncodeChat(IReadOnlyList<ChatTurn> turns, ChatEnd end = ChatEnd.NewAnswer)
    {
        var tokens = new List<int>();
        foreach (var (text, isSpecial) in _chat.Render(turns, end))
            Encode(text, addSpecial: false, parseSpecial: isSpecial, tokens);
        // Some templates write the begin token themselves; llama.cpp's renderings mostly leave it out.
        var begin = Vocabulary.llama_vocab_bos(_vocabulary);
        if (Vocabulary.llama_vocab_get_add_bos(_vocabulary) != 0 && begin >= 0 && (tokens.Count == 0 || tokens[0] != begin))
            tokens.Insert(0, begin);
        return [.. tokens];
    }

    /// <summary>The bytes a token stands for; empty for control tokens. May end inside a character.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No token of this vocabulary.</exception>
    public ReadOnlySpan<byte> Piece(int token)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)token, (uint)VocabularySize, nameof(token));
        var start = token == 0 ? 0 : _ends[token - 1];
        return _pieces.AsSpan(start, _ends[token] - start);
    }

    public string Decode(ReadOnlySpan<int> tokens)
    {
        var decoder = CreateDecoder();
        var text = new StringBuilder();
        foreach (var token in tokens)
            text.Append(decoder.Append(token));
        return text.Append(decoder.Flush()).ToString();
    }

    public TokenTextDecoder CreateDecoder() => new(this);

    public void Dispose() => _model.Dispose();

    private void Encode(string text, bool addSpecial, bool parseSpecial, List<int> into)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var tokens = new int[bytes.Length + 2];
        fixed (byte* source = bytes)
        fixed (int* target = tokens)
        {
            var count = Vocabulary.llama_tokenize(_vocabulary, source, bytes.Length, target, tokens.Length, addSpecial ? (byte)1 : (byte)0, parseSpecial ? (byte)1 : (byte)0);
            if (count < 0)
                throw new InvalidOperationException($"llama.cpp needs {-(long)count} tokens for {bytes.Length} bytes.");
            into.AddRange(tokens.AsSpan(0, count));
        }
    }

    private (byte[] Pieces, int[] Ends) ReadPieces()
    {
        var pieces = new MemoryStream();
        var ends = new int[VocabularySize];
        var buffer = new byte[256];
        for (var token = 0; token < VocabularySize; token++)
        {
            var length = PieceInto(buffer, token);
            if (length < 0)
            {
                buffer = new byte[-length];
                length = PieceInto(buffer, token);
            }
            pieces.Write(buffer, 0, length);
            ends[token] = (int)pieces.Length;
        }
        return (pieces.ToArray(), ends);
    }

    private int PieceInto(byte[] buffer, int token)
    {
        fixed (byte* target = buffer)
            return Vocabulary.llama_token_to_piece(_vocabulary, token, target, buffer.Length, 0, 0);
    }

    /// <summary>GGUF token types: 3 control, 4 user-defined.</summary>
    private static IReadOnlyList<string> SpecialTexts(GgufFile file)
    {
        var texts = file.Strings("tokenizer.ggml.tokens") ?? [];
        var types = file.Array("tokenizer.ggml.token_type");
        if (types is not { Size: 4 } || types.Count != texts.Count)
            return [];
        var kinds = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, int>(types.Bytes);
        var special = new List<string>();
        for (var i = 0; i < texts.Count; i++)
            if (kinds[i] is 3 or 4 && texts[i].Length > 0)
                special.Add(texts[i]);
        return special;
    }
}
