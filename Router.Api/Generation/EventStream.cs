using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Router.Api.Errors;
using Router.Api.Json;

namespace Router.Api.Generation;

/// <summary>
/// Server-sent events straight into the response's pipe. Headers go out with the first event, so that a failure before it still has its own status code.
/// Writers take turns by <see cref="EnterAsync"/>.
/// </summary>
internal sealed class EventStream(HttpContext context) : IDisposable
{
    private readonly PipeWriter _pipe = context.Response.BodyWriter;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private Utf8JsonWriter? _json;

    public Task EnterAsync(CancellationToken cancellationToken) => _turn.WaitAsync(cancellationToken);

    public void Leave() => _turn.Release();

    /// <summary>Starts an event. Write one JSON document, then call <see cref="End"/>.</summary>
    public Utf8JsonWriter Begin()
    {
        if (_json is null)
        {
            var response = context.Response;
            response.StatusCode = StatusCodes.Status200OK;
            response.ContentType = "text/event-stream; charset=utf-8";
            response.Headers.CacheControl = "no-cache";
            response.Headers["X-Accel-Buffering"] = "no";   // a proxy must not collect tokens
            _json = Writers.Create(_pipe);
        }
        _pipe.Write("data: "u8);
        _json.Reset();
        return _json;
    }

    public void End()
    {
        _json!.Flush();
        _pipe.Write("\n\n"u8);
    }

    public ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken) => _pipe.FlushAsync(cancellationToken);

    public async Task DoneAsync(CancellationToken cancellationToken)
    {
        _pipe.Write("data: [DONE]\n\n"u8);
        await _pipe.FlushAsync(cancellationToken);
    }

    public async Task FailAsync(ApiException error, CancellationToken cancellationToken)
    {
        ErrorBody.Write(Begin(), error);
        End();
        await _pipe.FlushAsync(cancellationToken);
    }

    public void Dispose()
    {
        _json?.Dispose();
        _turn.Dispose();
    }
}
