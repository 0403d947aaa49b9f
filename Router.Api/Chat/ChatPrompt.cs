using Mesh.Inference.Tokenizer;
using Router.Api.Tools;

namespace Router.Api.Chat;

/// <summary>A conversation as the model reads it, whichever API it came by.</summary>
internal static class ChatPrompt
{
    public static int[] Encode(ModelTokenizer tokenizer, IReadOnlyList<ChatTurn> turns, ToolSet? tools, ChatEnd end = ChatEnd.NewAnswer)
    {
        if (tools is null)
            return tokenizer.EncodeChat(turns, end);
        var prompt = tokenizer.EncodeChat(ToolPrompt.Add(turns, tools), end);
        return tools.IsForced ? [.. prompt, .. tokenizer.Encode(ToolSet.Opening)] : prompt;
    }
}
