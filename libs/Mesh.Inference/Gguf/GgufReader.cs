using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Mesh.Inference.Gguf;

/// <summary>Reads GGUF primitives from a stream nobody vouches for: no count is believed before the bytes for it are there.</summary>
internal sealed class GgufReader(Stream stream, long length)
{
    private const long MostStringBytes = 16 << 20;
    private const long MostElements = 1 << 24;
    private readonly byte[] _eight = new byte[8];

    public long Position { get; private set; }

    public long Remaining => length - Position;

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Fill(4));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Fill(8));

    /// <summary>A count of things that take at least <paramref name="eachBytes"/> bytes each; <paramref name="most"/> bounds what a huge file may cost.</summary>
    public long Count(long eachBytes, string what, long most)
    {
        var count = UInt64();
        return count <= (ulong)Math.Min(most, Remaining / eachBytes)
            ? (long)count
            : throw new ModelLoadException($"The GGUF header claims {count} {what}, more than the file holds or any model has.");
    }

    /// <summary>A text; bytes that are no UTF-8 come out marked, so that different ones stay different.</summary>
    public string String()
    {
        var bytes = new byte[Count(1, "bytes of a string", MostStringBytes)];
        Read(bytes);
        return Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : '\uffff' + Encoding.Latin1.GetString(bytes);
    }

    public void Skip(long bytes)
    {
        if (bytes > Remaining)
            throw Truncated();
        stream.Seek(bytes, SeekOrigin.Current);
        Position += bytes;
    }

    /// <summary>A value of the GGUF type: boxed number, bool, string, or an array of such (string[] for strings, else null for long ones).</summary>
    public object? Value(uint type) => type switch
    {
        0 => Fill(1)[0],
        1 => (sbyte)Fill(1)[0],
        2 => BinaryPrimitives.ReadUInt16LittleEndian(Fill(2)),
        3 => BinaryPrimitives.ReadInt16LittleEndian(Fill(2)),
        4 => UInt32(),
        5 => BinaryPrimitives.ReadInt32LittleEndian(Fill(4)),
        6 => BinaryPrimitives.ReadSingleLittleEndian(Fill(4)),
        7 => Fill(1)[0] != 0,
        8 => String(),
        9 => Array(),
        10 => UInt64(),
        11 => BinaryPrimitives.ReadInt64LittleEndian(Fill(8)),
        12 => BinaryPrimitives.ReadDoubleLittleEndian(Fill(8)),
        _ => throw new ModelLoadException($"The GGUF header has a value of unknown type {type}."),
    };

    private object? Array()
    {
        var type = UInt32();
        var size = type switch { 0 or 1 or 7 => 1, 2 or 3 => 2, 4 or 5 or 6 => 4, 10 or 11 or 12 => 8, 8 => 8, _ => 0 };
        if (size == 0)
            throw new ModelLoadException($"The GGUF header has an array of unsupported type {type}.");
        var count = Count(size, "array elements", MostElements);
        if (type == 8)
        {
            var strings = new List<string>();
            for (var i = 0L; i < count; i++)
                strings.Add(String());
            return strings;
        }
        var bytes = new byte[count * size];
        Read(bytes);
        return new GgufArray(type, size, bytes);
    }

    private byte[] Fill(int count)
    {
        Read(_eight.AsSpan(0, count));
        return _eight;
    }

    private void Read(Span<byte> into)
    {
        if (into.Length > Remaining || stream.ReadAtLeast(into, into.Length, throwOnEndOfStream: false) < into.Length)
            throw Truncated();
        Position += into.Length;
    }

    private static ModelLoadException Truncated() => new("The GGUF file is cut short: its header is not complete.");
}

/// <summary>A numeric array of a GGUF header, as it lies in the file.</summary>
/// <param name="Type">GGUF value type.</param>
/// <param name="Size">Bytes an element.</param>
internal sealed record GgufArray(uint Type, int Size, byte[] Bytes)
{
    public int Count => Bytes.Length / Size;
}
