using System.Buffers.Binary;
using System.Text;

namespace Mesh.Inference.Tests.Gguf;

/// <summary>A GGUF file as bytes whose header can be changed in place, to make the files that nobody should send.</summary>
internal sealed class GgufBytes
{
    private readonly byte[] _bytes;
    private readonly Dictionary<string, Value> _values = [];
    private readonly Dictionary<string, int> _tensors = [];

    public GgufBytes(string path)
    {
        _bytes = File.ReadAllBytes(path);
        var at = 24;
        for (var n = UInt64(16); n > 0; n--)
        {
            var key = Text(ref at);
            var type = BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(at));
            var start = at + 4;
            at = End(type, start);
            _values.Add(key, new(type, start, at));
        }
        for (var n = UInt64(8); n > 0; n--)
        {
            var name = Text(ref at);
            _tensors.Add(name, at);
            at += 4 + 8 * (int)BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(at)) + 12;
        }
        HeaderLength = at;
    }

    public int HeaderLength { get; }
    public int Length => _bytes.Length;
    public IReadOnlyDictionary<string, Value> Values => _values;

    /// <summary>Where the number of dimensions of each tensor lies: then 8 bytes a dimension, 4 of type, 8 of offset.</summary>
    public IReadOnlyDictionary<string, int> Tensors => _tensors;

    public byte[] Copy() => [.. _bytes];

    public byte[] With(int at, ulong value, int size)
    {
        var copy = Copy();
        for (var i = 0; i < size; i++)
            copy[at + i] = (byte)(value >> (8 * i));
        return copy;
    }

    public byte[] With(string key, uint value) => With(_values[key].Start, value, 4);

    public byte[] With(string key, float value) => With(key, BitConverter.SingleToUInt32Bits(value));

    public byte[] Without(string key)
    {
        var (_, start, end) = _values[key];
        start -= 12 + Encoding.UTF8.GetByteCount(key);
        byte[] header = [.. _bytes.AsSpan(0, start), .. _bytes.AsSpan(end, HeaderLength - end)];
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(16), (ulong)_values.Count - 1);
        return [.. header, .. new byte[Aligned(header.Length) - header.Length], .. _bytes.AsSpan(Aligned(HeaderLength))];
    }

    private static int Aligned(int length) => (length + 31) / 32 * 32;

    private ulong UInt64(int at) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(at));

    private string Text(ref int at)
    {
        var length = (int)UInt64(at);
        at += 8 + length;
        return Encoding.UTF8.GetString(_bytes, at - length, length);
    }

    private int End(uint type, int at)
    {
        if (type == 8)
        {
            Text(ref at);
            return at;
        }
        if (type != 9)
            return at + Size(type);
        var (element, count) = (BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(at)), UInt64(at + 4));
        at += 12;
        for (; count > 0; count--)
            at = End(element, at);
        return at;
    }

    private static int Size(uint type) => type switch { 0 or 1 or 7 => 1, 2 or 3 => 2, 4 or 5 or 6 => 4, _ => 8 };

    internal readonly record struct Value(uint Type, int Start, int End);
}
