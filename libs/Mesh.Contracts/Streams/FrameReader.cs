using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using Mesh.Contracts.Steps;

namespace Mesh.Contracts.Streams;

/// <summary>
/// Cuts a byte stream into frames. Memory grows with the bytes that arrived, never with a length that was only announced.
/// One reader at a time; <see cref="Payload"/> is valid until the next call.
/// </summary>
public sealed class FrameReader(Stream source)
{
    private byte[] _bytes = new byte[16 << 10];
    private int _start, _end, _payload, _length;

    public FrameKind Kind { get; private set; }

    public ReadOnlySpan<byte> Payload => _bytes.AsSpan(_payload, _length);

    /// <summary>The next frame; <c>false</c> when the stream has ended between two frames.</summary>
    /// <exception cref="StreamProtocolException">Zero or excessive length, unknown kind, or an end inside a frame.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        while (!TryTake())
        {
            MakeRoom();
            var read = await source.ReadAsync(_bytes.AsMemory(_end), cancellationToken);
            if (read == 0)
                return _start == _end ? false : throw new StreamProtocolException("The stream ends inside a frame.");
            _end += read;
        }
        return true;
    }

    /// <summary>The session of a <see cref="FrameKind.Release"/> frame.</summary>
    /// <exception cref="StreamProtocolException">The payload is not 8 bytes.</exception>
    public SessionId ReadSession() => Payload.Length == 8
        ? new(BinaryPrimitives.ReadUInt64LittleEndian(Payload))
        : throw new StreamProtocolException($"A release frame holds 8 bytes, not {Payload.Length}.");

    /// <summary>The text of a <see cref="FrameKind.Error"/> frame.</summary>
    public string ReadError() => Encoding.UTF8.GetString(Payload[..Math.Min(Payload.Length, 4000)]);

    private bool TryTake()
    {
        var available = _bytes.AsSpan(_start, _end - _start);
        if (available.Length < StreamContract.HeaderBytes)
            return false;
        var length = BinaryPrimitives.ReadUInt32LittleEndian(available);
        if (length is 0 or > StreamContract.MostBytes)
            throw new StreamProtocolException($"A frame of {length} bytes; 1 to {StreamContract.MostBytes} are allowed.");
        if (available[4] is < (byte)FrameKind.Step or > (byte)FrameKind.Heartbeat)
            throw new StreamProtocolException($"{available[4]} is no frame kind.");
        if (available.Length < 4 + (int)length)
            return false;
        Kind = (FrameKind)available[4];
        (_payload, _length) = (_start + StreamContract.HeaderBytes, (int)length - 1);
        _start += 4 + (int)length;
        return true;
    }

    private void MakeRoom()
    {
        if (_start == _end)
            _start = _end = 0;
        if (_end < _bytes.Length)
            return;
        if (_start == 0)
            Array.Resize(ref _bytes, _bytes.Length * 2);
        else
            _bytes.AsSpan(_start, _end - _start).CopyTo(_bytes);
        (_start, _end) = (0, _end - _start);
    }
}
