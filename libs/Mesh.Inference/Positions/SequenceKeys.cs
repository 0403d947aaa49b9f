using System.Runtime.InteropServices;

namespace Mesh.Inference.Positions;

/// <summary>
/// The first layer's keys of one sequence, as the K/V cache holds them. There a key depends on its token and its position alone, so those of one token are rotated copies of each other, whatever
/// stands between them.
/// </summary>
/// <param name="Tokens">One for each row.</param>
/// <param name="Positions">Where the cache says that each is.</param>
/// <param name="Width">Numbers of a row: all K/V heads one after the other.</param>
internal sealed record SequenceKeys(int[] Tokens, int[] Positions, float[] Keys, int Width)
{
    private const int HalfType = 1, FloatType = 0;
    private const uint Magic = 0xaf143cd8;

    public ReadOnlySpan<float> Row(int row) => Keys.AsSpan(row * Width, Width);

    /// <summary>
    /// Reads what llama_state_seq_get_data wrote of an attention cache: a magic number and the sequence, in newer builds; the streams; for each its cells (position, sequences), whether V is transposed, the layers; then for each layer the type, the
    /// bytes of a row and the rows of K.
    /// </summary>
    /// <param name="tokens">By position.</param>
    /// <exception cref="NotSupportedException">It is of another kind of memory, or its keys are quantized.</exception>
    public static SequenceKeys Parse(ReadOnlySpan<byte> state, ReadOnlySpan<int> tokens)
    {
        var reader = new Reader(state);
        if (state.Length >= 8 && MemoryMarshal.Read<uint>(state) == Magic)
            reader.Skip(8);
        for (var streams = reader.Count(); streams > 0; streams--)
            if (reader.Count() is > 0 and var cells)
                return Stream(ref reader, cells, tokens);
        return new([], [], [], 0);
    }

    private static SequenceKeys Stream(ref Reader reader, int cells, ReadOnlySpan<int> tokens)
    {
        var positions = new int[cells];
        for (var cell = 0; cell < cells; cell++)
        {
            positions[cell] = reader.Int32();
            reader.Skip(4L * reader.Count());
        }
        reader.Skip(4);
        if (reader.Count() == 0)
            throw Unknown();
        var (type, rowBytes) = (reader.Int32(), reader.Int64());
        if (type is not (HalfType or FloatType) || rowBytes is < 4 or > 1 << 20 || rowBytes % 4 != 0)
            throw Unknown();
        var bytes = reader.Bytes(cells * rowBytes);
        var width = (int)rowBytes / (type == HalfType ? 2 : 4);
        var keys = new float[bytes.Length / (type == HalfType ? 2 : 4)];
        if (type == FloatType)
            MemoryMarshal.Cast<byte, float>(bytes).CopyTo(keys);
        else
            System.Numerics.Tensors.TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes), keys);
        var named = new int[cells];
        for (var cell = 0; cell < cells; cell++)
            named[cell] = (uint)positions[cell] < (uint)tokens.Length ? tokens[positions[cell]] : throw Unknown();
        return new(named, positions, keys, width);
    }

    private static NotSupportedException Unknown() => new("The keys of this model's cache cannot be read: it is no plain attention cache in half or single precision.");

    private ref struct Reader(ReadOnlySpan<byte> rest)
    {
        private ReadOnlySpan<byte> _rest = rest;

        public int Int32() => MemoryMarshal.Read<int>(Bytes(4));

        public long Int64() => MemoryMarshal.Read<long>(Bytes(8));

        /// <summary>A number of things that are still to come, each of a byte at least.</summary>
        public int Count() => Int32() is var count && count >= 0 && count <= _rest.Length ? count : throw Unknown();

        public void Skip(long bytes) => Bytes(bytes);

        public ReadOnlySpan<byte> Bytes(long count)
        {
            if (count > _rest.Length)
                throw Unknown();
            var bytes = _rest[..(int)count];
            _rest = _rest[(int)count..];
            return bytes;
        }
    }
}
