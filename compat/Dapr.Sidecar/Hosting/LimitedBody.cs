namespace Dapr.Sidecar.Hosting;

/// <summary>
/// A request body that fails past its limit. The server's own limit would close the connection at once, and callers still sending would see that instead of the answer.
/// </summary>
internal sealed class LimitedBody(Stream inner, long? announced, long limit) : Stream
{
    private long _read;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (announced > limit)
            throw new BodyTooLarge();
        var count = await inner.ReadAsync(buffer, cancellationToken);
        return (_read += count) > limit ? throw new BodyTooLarge() : count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override void Flush() => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

/// <summary>The body is past --max-body-size.</summary>
internal sealed class BodyTooLarge() : IOException("stream too large");
