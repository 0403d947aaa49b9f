namespace Mesh.Inference.Gguf;

/// <param name="Shape">Elements along each dimension, innermost first.</param>
/// <param name="Offset">Bytes from the start of the data section.</param>
/// <param name="Bytes">Size in the file; 0 for types this build does not size.</param>
internal sealed record GgufTensor(string Name, IReadOnlyList<long> Shape, uint Type, long Offset, long Bytes)
{
    public static GgufTensor Read(GgufReader reader)
    {
        var name = reader.String();
        var dimensions = reader.UInt32();
        if (name.Length is 0 or >= 64 || dimensions is 0 or > 4)
            throw new ModelLoadException($"The GGUF tensor '{name}' has a bad name or {dimensions} dimensions.");
        var shape = new long[dimensions];
        var elements = 1L;
        for (var i = 0; i < dimensions; i++)
        {
            var size = reader.UInt64();
            if (size is 0 || size > (ulong)(long.MaxValue / 1024 / elements))
                throw new ModelLoadException($"The GGUF tensor '{name}' has an impossible shape.");
            shape[i] = (long)size;
            elements *= shape[i];
        }
        var type = reader.UInt32();
        var (block, bytes) = Block(type);
        if (block == 0)
            throw new ModelLoadException($"The GGUF tensor '{name}' has type {type}, which is none of weights.");
        if (shape[0] % block != 0)
            throw new ModelLoadException($"The rows of GGUF tensor '{name}' are no whole blocks of type {type}.");
        var offset = reader.UInt64();
        if (offset > long.MaxValue)
            throw new ModelLoadException($"The GGUF tensor '{name}' has an impossible offset.");
        return new(name, shape, type, (long)offset, elements / block * bytes);
    }

    /// <summary>Elements and bytes of a block of a ggml type; (0, 0) is unknown, or holds whole numbers: libllama aborts when it computes with those.</summary>
    private static (int Elements, int Bytes) Block(uint type) => type switch
    {
        0 => (1, 4),
        1 or 30 => (1, 2),
        2 => (32, 18),
        3 => (32, 20),
        6 => (32, 22),
        7 => (32, 24),
        8 => (32, 34),
        9 => (32, 36),
        10 => (256, 84),
        11 => (256, 110),
        12 => (256, 144),
        13 => (256, 176),
        14 => (256, 210),
        15 => (256, 292),
        16 => (256, 66),
        17 => (256, 74),
        18 => (256, 98),
        19 => (256, 50),
        20 => (32, 18),
        21 => (256, 110),
        22 => (256, 82),
        23 => (256, 136),
        29 => (256, 56),
        34 => (256, 54),
        35 => (256, 66),
        39 => (32, 17),
        _ => (0, 0),
    };
}
