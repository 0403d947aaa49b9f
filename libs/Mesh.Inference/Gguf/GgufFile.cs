namespace Mesh.Inference.Gguf;

/// <summary>
/// The header of a GGUF file (v2 and v3), read and checked before libllama sees the file: what it trusts blindly would end the process.
/// </summary>
internal sealed class GgufFile
{
    private readonly Dictionary<string, object?> _values = [];

    public string Path { get; }
    public long Length { get; }
    public IReadOnlyDictionary<string, object?> Values => _values;
    public IReadOnlyList<GgufTensor> Tensors { get; }

    /// <exception cref="ModelLoadException">Missing, no GGUF, cut short or inconsistent; says which.</exception>
    public static GgufFile Read(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            return new(path, stream);
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ModelLoadException($"The file '{path}' does not exist.", fault);
        }
        catch (Exception fault) when (fault is UnauthorizedAccessException or IOException)
        {
            throw new ModelLoadException($"The file '{path}' cannot be read: {fault.Message}", fault);
        }
    }

    private GgufFile(string path, FileStream stream)
    {
        (Path, Length) = (path, stream.Length);
        var reader = new GgufReader(stream, Length);
        if (Length < 24 || reader.UInt32() != 0x46554747)
            throw new ModelLoadException($"'{System.IO.Path.GetFileName(path)}' is no GGUF file.");
        if (reader.UInt32() is var version and not (2 or 3))
            throw new ModelLoadException($"GGUF version {version} is not supported; 2 and 3 are.");
        var tensors = reader.Count(24, "tensors", 1 << 17);
        var values = reader.Count(12, "values", 1 << 16);
        for (var i = 0L; i < values; i++)
        {
            var key = reader.String();
            if (!_values.TryAdd(key, reader.Value(reader.UInt32())))
                throw new ModelLoadException($"The GGUF header has the key '{key}' twice.");
        }
        var list = new List<GgufTensor>();
        for (var i = 0L; i < tensors; i++)
            list.Add(GgufTensor.Read(reader));
        Tensors = list;
        CheckData(reader.Position);
    }

    public string? Text(string key) => _values.GetValueOrDefault(key) as string;

    /// <summary>A whole number of any width; null when absent or no number.</summary>
    public long? Number(string key) => _values.GetValueOrDefault(key) switch
    {
        byte v => v,
        sbyte v => v,
        ushort v => v,
        short v => v,
        uint v => v,
        int v => v,
        ulong v and <= long.MaxValue => (long)v,
        long v => v,
        GgufArray { Type: 4 or 5 } array when array.Count > 0 => MaxOf(array),
        _ => null,
    };

    public IReadOnlyList<string>? Strings(string key) => _values.GetValueOrDefault(key) as List<string>;

    public GgufArray? Array(string key) => _values.GetValueOrDefault(key) as GgufArray;

    /// <summary>Per-layer values (heads of layer 0, 1, ...) count as their greatest.</summary>
    private static long MaxOf(GgufArray array) =>
        System.Runtime.InteropServices.MemoryMarshal.Cast<byte, int>(array.Bytes).ToArray().Max();

    private void CheckData(long headerEnd)
    {
        var alignment = Number("general.alignment") ?? 32;
        if (alignment is < 1 or > 1 << 20 || (alignment & (alignment - 1)) != 0)
            throw new ModelLoadException($"The GGUF alignment {alignment} is no power of two.");
        var start = (headerEnd + alignment - 1) / alignment * alignment;
        var names = new HashSet<string>();
        foreach (var tensor in Tensors)
        {
            if (!names.Add(tensor.Name))
                throw new ModelLoadException($"The GGUF file has the tensor '{tensor.Name}' twice.");
            if (tensor.Offset % alignment != 0 || tensor.Offset > Length - start || tensor.Bytes > Length - start - tensor.Offset)
                throw new ModelLoadException($"The GGUF file is cut short or corrupt: tensor '{tensor.Name}' lies outside it.");
        }
    }
}
