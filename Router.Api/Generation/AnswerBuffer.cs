using System.Buffers;
using System.IO.Pipelines;
using Router.Api.Errors;

namespace Router.Api.Generation;

/// <summary>
/// An answer on its way to its reader. The response begins with the first byte, so that a failure before it still has its own status code. A reader that
/// takes nothing for <see cref="AnswerBuffers.ReaderTimeout"/> loses the connection. Once <paramref name="halted"/> is cancelled, which waits for whatever is just
/// being handed to the server, nothing goes out any more but a last word.
/// </summary>
internal sealed class AnswerBuffer : IDisposable
{
    /// <summary>Less than the server holds back before it makes its writer wait, so that slow progress is seen as progress.</summary>
    private const int Piece = 8 << 10;

    private readonly HttpContext _context;
    private readonly string _contentType;
    private readonly AnswerBuffers _buffers;
    private readonly Pipe _pipe, _lastWord = new(new(pauseWriterThreshold: 0, useSynchronizationContext: false));
    private readonly CancellationTokenSource _gone;
    private readonly CancellationTokenRegistration _halted;
    private readonly Lock _handing = new();
    private bool _isCut, _inEvent;

    public AnswerBuffer(HttpContext context, string contentType, PipeOptions options, AnswerBuffers buffers, CancellationToken halted)
    {
        (_context, _contentType, _pipe, _buffers) = (context, contentType, new(options), buffers);
        _gone = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        _halted = halted.UnsafeRegister(static buffer => ((AnswerBuffer)buffer!).Cut(), this);
    }

    public PipeWriter Writer => _pipe.Writer;

    /// <summary>The reader has left, or was given up.</summary>
    public CancellationToken ReaderGone => _gone.Token;

    /// <summary>The mesh was halted: what is written goes nowhere.</summary>
    public bool IsCut
    {
        get
        {
            lock (_handing)
                return _isCut;
        }
    }

    /// <summary>Something that was written was dropped.</summary>
    public bool HasDropped { get; private set; }

    /// <summary>What follows on an answer that was cut; see <see cref="EndAsync"/>.</summary>
    public PipeWriter LastWord => _lastWord.Writer;

    /// <summary>Sends what is written until the writer has completed. Ends quietly when the reader is gone.</summary>
    public Task SendAsync() => SendAsync(_pipe.Reader, isLastWord: false);

    /// <summary>Sends the last word. A reader that has half an event loses the connection instead: that event cannot be ended without the rest of it.</summary>
    public async Task EndAsync()
    {
        await _lastWord.Writer.CompleteAsync();
        if (_inEvent)
            _context.Abort();
        else
            await SendAsync(_lastWord.Reader, isLastWord: true);
    }

    /// <summary>Of a document that was cut: an error as long as nothing of it went out, else the connection goes, since half a document cannot be ended well.</summary>
    /// <exception cref="ApiException">503: the mesh is halted.</exception>
    public void EndDocument()
    {
        if (!HasDropped)
            return;
        if (!_context.Response.HasStarted)
            throw ApiErrors.Halted();
        _context.Abort();
    }

    public void Dispose()
    {
        _halted.Dispose();
        _gone.Dispose();
    }

    private void Cut()
    {
        lock (_handing)
            _isCut = true;
    }

    private async Task SendAsync(PipeReader reader, bool isLastWord)
    {
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync(_gone.Token);
                if (read.Buffer.IsEmpty && read.IsCompleted)
                    break;
                var piece = Next(read.Buffer);
                if (Hand(piece, isLastWord) is { } flush)
                    await AwaitAsync(flush);
                reader.AdvanceTo(piece.End);
            }
        }
        catch (OperationCanceledException) when (_gone.IsCancellationRequested)
        {
        }
        finally
        {
            await reader.CompleteAsync();   // a writer that waits goes on
        }
    }

    /// <summary>Of events as many whole ones as fit, so that an answer that is cut does not end within one; else as much as fits.</summary>
    private ReadOnlySequence<byte> Next(ReadOnlySequence<byte> buffer)
    {
        if (buffer.Length <= Piece)
            return buffer;
        var piece = buffer.Slice(0, Piece);
        if (_contentType != EventStream.ContentType)
            return piece;
        Span<byte> bytes = stackalloc byte[(int)piece.Length];
        piece.CopyTo(bytes);
        return bytes.LastIndexOf("\n\n"u8) is >= 0 and var end ? piece.Slice(0, end + 2) : piece;
    }

    /// <summary>Gives a piece to the server, all of it before a halt is acknowledged or none.</summary>
    private ValueTask<FlushResult>? Hand(ReadOnlySequence<byte> piece, bool isLastWord)
    {
        lock (_handing)
        {
            if (_isCut && !isLastWord)
            {
                HasDropped = true;
                return null;
            }
            if (!_context.Response.HasStarted)
                Begin(_context.Response);
            var response = _context.Response.BodyWriter;
            foreach (var segment in piece)
                response.Write(segment.Span);
            _inEvent = !EndsEvent(piece);
            return response.FlushAsync(_gone.Token);
        }
    }

    private static bool EndsEvent(ReadOnlySequence<byte> piece)
    {
        Span<byte> end = stackalloc byte[2];
        if (piece.Length < end.Length)
            return false;
        piece.Slice(piece.Length - end.Length).CopyTo(end);
        return end.SequenceEqual("\n\n"u8);
    }

    private async ValueTask AwaitAsync(ValueTask<FlushResult> flush)
    {
        bool taken;
        try
        {
            var result = flush.IsCompleted ? await flush : await flush.AsTask().WaitAsync(_buffers.ReaderTimeout, _buffers.Time);
            taken = !result.IsCompleted && !result.IsCanceled;
        }
        catch (TimeoutException)
        {
            _buffers.OnStalled(_context);
            _context.Abort();
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
        response.ContentType = _contentType;
        if (_contentType != EventStream.ContentType)
            return;
        response.Headers.CacheControl = "no-cache";
        response.Headers["X-Accel-Buffering"] = "no";   // a proxy must not collect tokens
    }
}
