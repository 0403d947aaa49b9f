using Router.Api.Errors;

namespace Router.Api.Feedback;

/// <summary>What people thought of answers: one JSON object a line in <c>feedback.jsonl</c> under <c>Mesh:Data</c>, only ever appended to.</summary>
internal sealed class FeedbackStore(IConfiguration configuration) : IDisposable
{
    private const long MaxFileBytes = 1L << 30;

    private readonly SemaphoreSlim _turn = new(1, 1);

    public string FilePath { get; } = Path.Combine(
        configuration["Mesh:Data"] is { Length: > 0 } data ? data : Path.Combine(AppContext.BaseDirectory, ".mesh"), "feedback.jsonl");

    /// <summary>Appends one line; it is on disk when this returns.</summary>
    /// <exception cref="ApiException">507: the file has reached its limit.</exception>
    public async Task AppendAsync(ReadOnlyMemory<byte> line, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
            await using var file = new FileStream(FilePath, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
            if (file.Position + line.Length + 1 > MaxFileBytes)
                throw new ApiException(StatusCodes.Status507InsufficientStorage, "The file of feedback is full.", ApiErrors.ServerError, code: "storage_full");
            // One write, so that a crash leaves at most the last line unfinished.
            await file.WriteAsync((byte[])[.. line.Span, (byte)'\n'], cancellationToken);
            file.Flush(flushToDisk: true);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();
}
