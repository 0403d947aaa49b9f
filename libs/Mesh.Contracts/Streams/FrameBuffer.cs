using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Mesh.Contracts.Steps;

namespace Mesh.Contracts.Streams;

/// <summary>Frames in one contiguous buffer that is kept and grows with need: a burst is written and sent as a whole.</summary>
public sealed class FrameBuffer : IBufferWriter<byte>
{
    private const int Kept = 1 << 20;
    private byte[] _bytes = new byte[4096];
    private int _written;

    public int Count => _written;

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _written);

    /// <summary>Empties it; a buffer that one large burst has blown up is given back.</summary>
    public void Clear()
    {
        _written = 0;
        if (_bytes.Length > Kept)
            _bytes = new byte[4096];
    }

    public void Step(StepRequest request)
    {
        var start = Begin(FrameKind.Step);
        StepCodec.Write(request, this);
        End(start);
    }

    public void Step(StepReply reply)
    {
        var start = Begin(FrameKind.Step);
        StepCodec.Write(reply, this);
        End(start);
    }

    public void Release(SessionId session)
    {
        var start = Begin(FrameKind.Release);
        BinaryPrimitives.WriteUInt64LittleEndian(GetSpan(8), session.Value);
        Advance(8);
        End(start);
    }

    public void Error(string reason)
    {
        var start = Begin(FrameKind.Error);
        var text = reason.Length <= 1000 ? reason : reason[..1000];
        Advance(Encoding.UTF8.GetBytes(text, GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length))));
        End(start);
    }

    public void Heartbeat() => End(Begin(FrameKind.Heartbeat));

    private int Begin(FrameKind kind)
    {
        var start = _written;
        GetSpan(StreamContract.HeaderBytes)[4] = (byte)kind;
        Advance(StreamContract.HeaderBytes);
        return start;
    }

    private void End(int start) => BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(start), _written - start - 4);

    public void Advance(int count) => _written += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(_written);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(_written);
    }

    private void Reserve(int sizeHint)
    {
        var needed = _written + Math.Max(sizeHint, 1);
        if (needed > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(needed, _bytes.Length * 2));
    }
}
