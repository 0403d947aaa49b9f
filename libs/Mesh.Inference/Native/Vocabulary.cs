using System.Runtime.InteropServices;

namespace Mesh.Inference.Native;

/// <summary>The vocabulary functions; thread safe. Ids must be checked by the caller: one out of range ends the process.</summary>
internal static unsafe partial class Vocabulary
{
    [LibraryImport(LlamaLibrary.Name)] public static partial int llama_vocab_n_tokens(nint vocabulary);
    [LibraryImport(LlamaLibrary.Name)] public static partial byte llama_vocab_is_eog(nint vocabulary, int token);
    [LibraryImport(LlamaLibrary.Name)] public static partial int llama_vocab_bos(nint vocabulary);
    [LibraryImport(LlamaLibrary.Name)] public static partial int llama_vocab_eos(nint vocabulary);
    [LibraryImport(LlamaLibrary.Name)] public static partial byte llama_vocab_get_add_bos(nint vocabulary);
    [LibraryImport(LlamaLibrary.Name)] public static partial int llama_tokenize(nint vocabulary, byte* text, int length, int* tokens, int max, byte addSpecial, byte parseSpecial);
    [LibraryImport(LlamaLibrary.Name)] public static partial int llama_token_to_piece(nint vocabulary, int token, byte* buffer, int length, int strip, byte special);
    [LibraryImport(LlamaLibrary.Name)] public static partial int llama_chat_apply_template(nint template, ChatMessage* messages, nuint count, byte addAssistant, byte* buffer, int length);
}
