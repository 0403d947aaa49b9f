namespace Mesh.Bench.Durability;

/// <summary>What the killed workers did, a line at a time.</summary>
internal sealed class Journal(string file)
{
    public const char Started = 'S', Finished = 'E', Seen = 'R';
    private readonly StreamWriter _writer = new(new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };

    public void Note(char what, string key, string result)
    {
        lock (_writer)
            _writer.WriteLine($"{what} {key} {result}");
    }

    /// <summary>A line that a kill cut short counts as not written.</summary>
    public static Entry[] Read(string file)
    {
        using var reader = new StreamReader(new FileStream(file, FileMode.OpenOrCreate, FileAccess.Read, FileShare.ReadWrite));
        return [.. reader.ReadToEnd().Split('\n').Select(l => l.Split(' ')).Where(l => l is [[_], _, { Length: 32 }]).Select(l => new Entry(l[0][0], l[1], l[2]))];
    }
}

internal readonly record struct Entry(char What, string Key, string Result);
