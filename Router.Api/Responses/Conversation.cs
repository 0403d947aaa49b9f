using Mesh.Inference.Tokenizer;
using Router.Api.Chat;
using Router.Api.Tools;

namespace Router.Api.Responses;

/// <summary>Items as the turns that models know.</summary>
internal static class Conversation
{
    private const string System = "system", Assistant = "assistant";

    public static IReadOnlyList<ChatTurn> Turns(string? instructions, IEnumerable<ConversationItem> items)
    {
        var turns = new List<ChatTurn>();
        if (instructions is not null)
            turns.Add(new(System, instructions));
        foreach (var item in items)
            switch (item.Kind)
            {
                case ItemKind.Message:
                    Add(new(item.Role!, item.Text));
                    break;
                case ItemKind.FunctionCall:
                    Add(new(Assistant, ToolPrompt.Call(item.Name!, item.Text)));
                    break;
                case ItemKind.FunctionCallOutput:
                    turns.Add(ToolPrompt.Response(item.Text));
                    break;
            }
        return turns;

        // What one answer made in several items is one turn; so are instructions and the system messages after them, of which templates know one.
        void Add(ChatTurn turn)
        {
            if (turns.Count > 0 && turns[^1].Role == turn.Role && turn.Role is System or Assistant)
                turns[^1] = turn with { Content = turns[^1].Content.Length == 0 ? turn.Content : $"{turns[^1].Content}\n{(turn.Role == System ? "\n" : "")}{turn.Content}" };
            else
                turns.Add(turn);
        }
    }

    /// <summary>The prompt, without the oldest turns where it would not fit: system turns at the start and the last turn stay.</summary>
    /// <param name="room">Most tokens.</param>
    public static int[] EncodeWithin(int room, ModelTokenizer tokenizer, IReadOnlyList<ChatTurn> turns, ToolSet? tools)
    {
        var prompt = ChatPrompt.Encode(tokenizer, turns, tools);
        if (prompt.Length <= room)
            return prompt;
        var head = turns.TakeWhile(t => t.Role == System).Count();
        // The fewest to leave out, by halving: what is left grows shorter with each.
        var (least, most) = (1, turns.Count - head - 1);
        while (least <= most)
        {
            var middle = (least + most) / 2;
            var shorter = ChatPrompt.Encode(tokenizer, [.. turns.Take(head), .. turns.Skip(head + middle)], tools);
            if (shorter.Length > room)
            {
                least = middle + 1;
                continue;
            }
            (prompt, most) = (shorter, middle - 1);
        }
        return prompt;   // if even the last turn alone does not fit, the refusal names the whole
    }
}
