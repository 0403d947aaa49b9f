using System.Buffers;
using System.Text.Json;
using Router.Api.Errors;
using Router.Api.Generation;
using Router.Api.Json;

namespace Router.Api.Responses;

/// <summary>One response, whole or as events, kept in the store before its end is told.</summary>
/// <param name="input">The items that were sent for it.</param>
/// <param name="before">The responses it goes on from.</param>
internal sealed partial class ResponsesFormat(
    ResponseRequest request, IReadOnlyList<ConversationItem> input, IReadOnlyList<string> before, string? owner, IResponseStore store, TimeProvider time, ILogger<ResponsesFormat> log)
    : ICompletionFormat
{
    private ItemIds _ids = null!;
    private ResponseOutput _output = null!;
    private ItemEvents _events = null!;
    private IReadOnlyList<JsonElement> _input = [];
    private bool _isStored = request.Store;
    private long? _endedAt;

    public void Begin(EventStream events, Completion completion)
    {
        _events = new(events, completion);
        Start(completion, _events);
        _events.Write("response.created", json => Write(json, completion, isOver: false));
        _events.Write("response.in_progress", json => Write(json, completion, isOver: false));
    }

    public void Open(EventStream events, Completion completion, Choice choice)
    {
    }

    public void Add(EventStream events, Completion completion, Choice choice) => _output.Add(choice);

    public void Close(EventStream events, Completion completion, Choice choice) => _output.Close(choice.Finish);

    public async ValueTask CompleteAsync(Completion completion, CancellationToken cancellationToken)
    {
        if (!completion.Settings.Stream)
        {
            Start(completion, null);
            _output.Add(completion.Choices[0]);
            _output.Close(completion.Choices[0].Finish);
        }
        _endedAt = time.GetUtcNow().ToUnixTimeSeconds();
        if (!request.Store)
            return;
        try
        {
            await store.SaveAsync(completion.Id, new(owner, before, _input, ToElement(json => Write(json, completion, isOver: true))), cancellationToken);
        }
        catch (ResponseStoreException e)
        {
            LogNotStored(e, completion.Id);
            _isStored = false;   // the answer is there and is sent; that it was not kept is told in it
        }
    }

    public void End(EventStream events, Completion completion) =>
        _events.Write(_output.IsIncomplete ? "response.incomplete" : "response.completed", json => Write(json, completion, isOver: true));

    public void Fail(EventStream events, Completion completion, ApiException error) =>
        _events.Write("response.failed", json => ResponseJson.Write(json, completion, request, _output, isOver: true, isStored: false, null, error));

    public void WriteWhole(Utf8JsonWriter json, Completion completion) => Write(json, completion, isOver: true);

    private void Start(Completion completion, ItemEvents? events)
    {
        _ids = new(completion.Id);
        _input = [.. input.Select(item => ToElement(json => item.Write(json, _ids.Next(item.IdPrefix))))];
        _output = new(_ids, events);
    }

    private void Write(Utf8JsonWriter json, Completion completion, bool isOver) =>
        ResponseJson.Write(json, completion, request, _output, isOver, _isStored, isOver ? _endedAt : null, null);

    private static JsonElement ToElement(Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = Writers.Create(bytes))
            write(json);
        using var document = JsonDocument.Parse(bytes.WrittenMemory);
        return document.RootElement.Clone();
    }

    [LoggerMessage(LogLevel.Warning, "Response {Id} is not kept")]
    private partial void LogNotStored(Exception e, string id);
}
