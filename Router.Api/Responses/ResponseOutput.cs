using System.Buffers;
using System.Text;
using Mesh.Ensemble.TokenLoop;
using Router.Api.Generation;
using Router.Api.Tools;

namespace Router.Api.Responses;

/// <summary>The items of an answer, made of what a <see cref="Choice"/> has that is new.</summary>
/// <param name="events">Tells of everything that happens to them; null when nobody listens.</param>
internal sealed class ResponseOutput(ItemIds ids, ItemEvents? events)
{
    private readonly List<OutputItem> _items = [];
    private OutputItem? _open;

    public IReadOnlyList<OutputItem> Items => _items;

    public void Add(Choice choice)
    {
        if (choice.Text.Length > 0 || (choice.Tokens.Count > 0 && _open is { Name: null }))
            Add(choice, _open is { Name: null } open ? open : Open(new(_items.Count, ids.Next("msg_"))));
        foreach (var call in choice.Calls)
            if (call.HasNews)
                Add(call);
    }

    /// <summary>True when the most tokens were reached.</summary>
    public bool IsIncomplete => _items.Exists(i => i.Status == ItemStatus.Incomplete);

    /// <summary>The answer has ended; one that said nothing is an empty message.</summary>
    public void Close(FinishReason reason)
    {
        if (_items.Count == 0)
            Open(new(0, ids.Next("msg_")));
        Close(reason == FinishReason.Length ? ItemStatus.Incomplete : ItemStatus.Completed);
    }

    private void Add(Choice choice, OutputItem message)
    {
        message.Text.Write(choice.Text);
        // The tokens of calls are their markup: the answer lists those of its text.
        ListedToken[] tokens = choice.Calls.Count == 0 ? [.. choice.Tokens] : TokensBefore(Encoding.UTF8.GetString(message.Text.WrittenSpan).EnumerateRunes().Count());
        message.Tokens.AddRange(tokens);
        events?.Added(message, choice.Text, tokens);

        ListedToken[] TokensBefore(int offset) => [.. choice.Tokens.Where(t => t.TextOffset < offset)];
    }

    private void Add(ToolCall call)
    {
        var item = _open?.CallId == call.Id ? _open : Open(new(_items.Count, ids.Next("fc_"), call.Id, call.Name));
        if (call.Arguments.IsEmpty)
            return;
        item.Text.Write(call.Arguments);
        events?.Added(item, call.Arguments, []);
    }

    private OutputItem Open(OutputItem item)
    {
        Close(ItemStatus.Completed);
        _items.Add(item);
        events?.Opened(item);
        return _open = item;
    }

    private void Close(ItemStatus status)
    {
        if (_open is null)
            return;
        _open.Status = status;
        events?.Closed(_open);
        _open = null;
    }
}
