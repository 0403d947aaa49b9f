using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Mesh.Inference.Native;

namespace Mesh.Inference.Tokenizer;

/// <summary>
/// A model's chat template, applied so that nobody can talk in markup: the template is rendered with markers in place of what the speakers say, and the
/// control tokens are cut out of the markup alone. Plain markup ("user\n") joins the text beside it, as it does when a model is trained.
/// </summary>
internal sealed unsafe class ChatFormat
{
    private static readonly SearchValues<char> RoleCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    private readonly byte[]? _template;
    private readonly SearchValues<string>? _special;
    private readonly string[] _specialTexts;

    public ChatFormat(string? template, IReadOnlyList<string> specialTexts)
    {
        _specialTexts = [.. specialTexts.OrderByDescending(s => s.Length)];
        _special = specialTexts.Count > 0 ? SearchValues.Create([.. specialTexts], StringComparison.Ordinal) : null;
        var own = template is null ? null : Encoding.UTF8.GetBytes(template + '\0');
        // Unknown to llama.cpp's detection: ChatML, which it takes for a null template.
        _template = own is not null && TryRender(own, [new("user", "x")], true, out _) ? own : null;
    }

    /// <summary>Pieces to tokenize one after the other; special ones are control tokens.</summary>
    public IEnumerable<(string Text, bool IsSpecial)> Render(IReadOnlyList<ChatTurn> turns, ChatEnd end)
    {
        foreach (var turn in turns)
            if (turn.Role.Length is 0 or > 32 || turn.Role.AsSpan().ContainsAnyExcept(RoleCharacters))
                throw new ArgumentException($"'{turn.Role}' is no role: use 1 to 32 letters, digits, '_' and '-'.", nameof(turns));
        var nonce = Guid.NewGuid().ToString("N");
        var marked = turns.Select((turn, i) => new ChatTurn(turn.Role, Marker(nonce, i))).ToArray();
        if (!TryRender(_template, marked, end == ChatEnd.NewAnswer, out var rendered))
            throw new InvalidOperationException("The chat template cannot be applied to these roles.");
        var pending = new StringBuilder();
        var at = 0;
        for (var i = 0; i < turns.Count; i++)
        {
            var marker = Marker(nonce, i);
            var found = rendered.IndexOf(marker, at, StringComparison.Ordinal);
            if (found < 0)
                continue; // Some templates drop turns, such as all system messages but the first.
            foreach (var piece in Split(rendered[at..found], pending))
                yield return piece;
            pending.Append(turns[i].Content);
            at = found + marker.Length;
        }
        // An open turn lacks what the template writes behind it.
        if (end != ChatEnd.Open)
            foreach (var piece in Split(rendered[at..], pending))
                yield return piece;
        if (pending.Length > 0)
            yield return (pending.ToString(), false);
    }

    private static string Marker(string nonce, int turn) => $"[{nonce}:{turn}]";

    private IEnumerable<(string, bool)> Split(string markup, StringBuilder pending)
    {
        while (markup.Length > 0)
        {
            var next = _special is null ? -1 : markup.AsSpan().IndexOfAny(_special);
            if (next < 0)
            {
                pending.Append(markup);
                yield break;
            }
            pending.Append(markup, 0, next);
            if (pending.Length > 0)
            {
                yield return (pending.ToString(), false);
                pending.Clear();
            }
            var special = _specialTexts.First(s => markup.AsSpan(next).StartsWith(s, StringComparison.Ordinal));
            yield return (special, true);
            markup = markup[(next + special.Length)..];
        }
    }

    private static bool TryRender(byte[]? template, IReadOnlyList<ChatTurn> turns, bool addGenerationPrompt, out string text)
    {
        var strings = new nint[turns.Count * 2];
        try
        {
            var messages = new ChatMessage[turns.Count];
            for (var i = 0; i < turns.Count; i++)
            {
                messages[i].Role = strings[2 * i] = Marshal.StringToCoTaskMemUTF8(turns[i].Role);
                messages[i].Content = strings[2 * i + 1] = Marshal.StringToCoTaskMemUTF8(turns[i].Content);
            }
            var buffer = new byte[1024 + turns.Sum(t => t.Content.Length + t.Role.Length + 64) * 2];
            fixed (byte* source = template)
            fixed (ChatMessage* list = messages)
            {
                for (; ; )
                {
                    int length;
                    fixed (byte* target = buffer)
                        length = Vocabulary.llama_chat_apply_template((nint)source, list, (nuint)messages.Length, addGenerationPrompt ? (byte)1 : (byte)0, target, buffer.Length);
                    text = length >= 0 && length <= buffer.Length ? Encoding.UTF8.GetString(buffer, 0, length) : "";
                    if (length <= buffer.Length)
                        return length >= 0;
                    buffer = new byte[length];
                }
            }
        }
        finally
        {
            foreach (var s in strings)
                Marshal.FreeCoTaskMem(s);
        }
    }
}
