namespace Router.Api.Text;

/// <summary>One turn of a conversation as the chat template sees it.</summary>
/// <param name="Role">system, user, assistant or tool.</param>
internal readonly record struct ChatTurn(string Role, string Content);

/// <summary>The tokenizer of this mesh.</summary>
internal interface IMeshTokenizer
{
    int VocabularySize { get; }
    string Fingerprint { get; }

    /// <summary>Tokens that end an answer.</summary>
    IReadOnlySet<int> EndTokens { get; }

    /// <summary>Tokens of plain text; special tokens written out in it stay text.</summary>
    int[] Encode(string text);

    /// <summary>The prompt of a conversation, ending where the assistant begins.</summary>
    int[] EncodeChat(IReadOnlyList<ChatTurn> turns);

    /// <summary>The bytes of one token: a piece of UTF-8, perhaps half a character; empty for control tokens.</summary>
    ReadOnlySpan<byte> Piece(int token);
}

/// <summary>Where the mesh's tokenizer comes from: it is known once the first expert is ready.</summary>
internal interface ITokenizerSource
{
    /// <exception cref="Errors.ApiException">503: no expert is ready yet.</exception>
    IMeshTokenizer Current { get; }
}
