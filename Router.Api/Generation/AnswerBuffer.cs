using System.Buffers;
using System.IO.Pipelines;

namespace Router.Api.Generation;

/// <summary>
/// An answer on its way to its reader. The response begins with the first byte, so that a failure before it still has its own status code. A reader that
/// takes nothing for <see cref="AnswerBuffers.ReaderTimeout"/> loses the connection.
/// </summary>
internal sealed class AnswerBuffer(HttpContext context, string contentType, PipeOptions options, AnswerBuffers buffers) : IDisposable
{
    /// <summary>Less than the server holds back before it makes its writer wait, so that slow progress is seen as progress.</summary>
    private const int Piece = 8 << 10;

    private readonly Pipe _pipe = new(options);
    private readonly CancellationTokenSource _gone = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);

    public PipeWriter Writer => _pipe.Writer;

    /// <summary>The reader has left, or was given up.</summary>
    public CancellationToken ReaderGone => _gone.Token;

    /// <summary>Sends what is written until the writer has completed. Ends quietly when the reader is gone.</summary>
    public async Task SendAsync()
    {
        try
        {
            while (true)
            {
                var read = await _pipe.Reader.ReadAsync(_gone.Token);
                if (read.Buffer.IsEmpty && read.IsCompleted)
                    break;
                var piece = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, Piece));
                await SendAsync(piece);
                _pipe.Reader.AdvanceTo(piece.End);
            }
        }
        catch (OperationCanceledException) when (_gone.IsCancellationRequested)
        {
        }
        finally
        {
            await _pipe.Reader.CompleteAsync();   // a writer that waits goes on
        }
    }

    public void Dispose() => _gone.Dispose();

    private async ValueTask SendAsync(ReadOnlySequence<byte> piece)
    {
        if (!context.Response.HasStarted)
            Begin(context.Response);
        var response = context.Response.BodyWriter;
        foreach (var segment in piece)
            response.Write(segment.Span);
        var flush = response.FlushAsync(_gone.Token);
        bool taken;
        try
        {
            var result = flush.IsCompleted ? await flush : await flush.AsTask().WaitAsync(buffers.ReaderTimeout, buffers.Time);
            taken = !result.IsCompleted && !result.IsCanceled;
        }
        catch (TimeoutException)
        {
            buffers.OnStalled(context);
            context.Abort();
            taken = false;
        }
        if (taken)
            return;
        await _gone.CancelAsync();
        _gone.Token.ThrowIfCancellationRequested();
    }

    private void Begin(HttpResponse response)
    {
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = contentType;
        if (contentType != EventStream.ContentType)
            return;
        response.Headers.CacheControl = "no-cache";
        response.Headers["X-Accel-Buffering"] = "no";   // a proxy must not collect tokens
    }
}
