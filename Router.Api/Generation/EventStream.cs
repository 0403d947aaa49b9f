using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Router.Api.Json;

namespace Router.Api.Generation;

/// <summary>Server-sent events, each one JSON document. Writers take turns by <see cref="EnterAsync"/>.</summary>
internal sealed class EventStream(PipeWriter first) : IDisposable
{
    public const string ContentType = "text/event-stream; charset=utf-8";

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Utf8JsonWriter _json = Writers.Create(first);
    private PipeWriter _output = first;

    /// <summary>True until the first event.</summary>
    public bool IsEmpty { get; private set; } = true;

    public Task EnterAsync(CancellationToken cancellationToken) => _turn.WaitAsync(cancellationToken);

    public void Leave() => _turn.Release();

    /// <summary>The writer of the event that was begun.</summary>
    public Utf8JsonWriter Writer => _json;

    /// <summary>Starts an event. Write one JSON document, then call <see cref="End"/>.</summary>
    /// <param name="name">Its <c>event</c> field; left out when empty.</param>
    public Utf8JsonWriter Begin(ReadOnlySpan<byte> name = default)
    {
        IsEmpty = false;
        if (name.Length > 0)
        {
            _output.Write("event: "u8);
            _output.Write(name);
            _output.Write("\n"u8);
        }
        _output.Write("data: "u8);
        _json.Reset();
        return _json;
    }

    public void End()
    {
        _json.Flush();
        _output.Write("\n\n"u8);
    }

    /// <summary>An event that is no JSON.</summary>
    public void Mark(ReadOnlySpan<byte> data)
    {
        IsEmpty = false;
        _output.Write("data: "u8);
        _output.Write(data);
        _output.Write("\n\n"u8);
    }

    /// <summary>Hands the events so far to the reader; not completed while that is too far behind.</summary>
    public ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken) => _output.FlushAsync(cancellationToken);

    /// <summary>What follows goes somewhere else.</summary>
    public void GoOn(PipeWriter output)
    {
        _output = output;
        _json.Reset(output);
    }

    public void Dispose()
    {
        _json.Dispose();
        _turn.Dispose();
    }
}
