using System.Buffers.Binary;

namespace Mesh.Contracts.Steps;

/// <summary>Little-endian fixed fields and LEB128 varints over a span that is known to be large enough.</summary>
internal ref struct WireWriter(Span<byte> target)
{
    private readonly Span<byte> _target = target;

    public int Written { get; private set; }

    public void Byte(byte value) => _target[Written++] = value;

    public void UInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_target[Written..], value);
        Written += 8;
    }

    public void Single(float value)
    {
        BinaryPrimitives.WriteSingleLittleEndian(_target[Written..], value);
        Written += 4;
    }

    public void Varint(uint value)
    {
        while (value >= 0x80)
        {
            _target[Written++] = (byte)(value | 0x80);
            value >>= 7;
        }
        _target[Written++] = (byte)value;
    }
}

/// <summary>
/// Reads what <see cref="WireWriter"/> wrote, from bytes that nobody vouches for: the first fault is kept in <see cref="Error"/> and every later read
/// answers zero, so that callers check once.
/// </summary>
internal ref struct WireReader(ReadOnlySpan<byte> source)
{
    private ReadOnlySpan<byte> _rest = source;

    public string? Error { get; private set; }

    public readonly ReadOnlySpan<byte> Rest => _rest;

    public void Fail(string error)
    {
        Error ??= error;
        _rest = default;
    }

    public byte Byte() => Take(1) is { Length: 1 } bytes ? bytes[0] : (byte)0;

    public ulong UInt64() => Take(8) is { Length: 8 } bytes ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0;

    public float Single() => Take(4) is { Length: 4 } bytes ? BinaryPrimitives.ReadSingleLittleEndian(bytes) : 0;

    /// <summary>A varint of at most <paramref name="most"/>, in its shortest form.</summary>
    public int Varint(int most, string field)
    {
        var value = Varint(field);
        if (value <= (uint)most)
            return (int)value;
        Fail($"{field} is {value}; at most {most} is allowed.");
        return 0;
    }

    public uint Varint(string field)
    {
        ulong value = 0;
        for (var shift = 0; shift < 35; shift += 7)
        {
            if (_rest.IsEmpty)
            {
                Fail($"The message ends inside {field}.");
                return 0;
            }
            var b = _rest[0];
            _rest = _rest[1..];
            value |= (ulong)(b & 0x7f) << shift;
            if (b >= 0x80)
                continue;
            if ((b == 0 && shift > 0) || value > uint.MaxValue)
                break;
            return (uint)value;
        }
        Fail($"{field} is not a varint in shortest form of at most 32 bits.");
        return 0;
    }

    public ReadOnlySpan<byte> Take(int count)
    {
        if (_rest.Length < count)
        {
            Fail("The message is cut short.");
            return default;
        }
        var bytes = _rest[..count];
        _rest = _rest[count..];
        return bytes;
    }
}
