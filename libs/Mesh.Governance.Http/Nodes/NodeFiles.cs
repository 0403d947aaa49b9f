using System.Globalization;
using System.Text;
using Mesh.Chorus.Clocks;
using Mesh.Chorus.Files;
using Mesh.Chorus.Witnesses;
using Mesh.Ledger.Signing;

namespace Mesh.Governance.Http.Nodes;

/// <summary>The folder of a node: its key, and what it must not forget. One process at a time has it.</summary>
internal sealed class NodeFiles : IDisposable
{
    private readonly FileStream _lock;

    /// <exception cref="IOException">It cannot be written, or another process is this node.</exception>
    /// <exception cref="InvalidDataException">A file in it is damaged.</exception>
    public NodeFiles(string folder, string name)
    {
        Folder = folder;
        if (!IsName(name))
            throw new InvalidDataException($"Mesh:Instance is '{name}'; a node's name has 1 to 64 letters, digits, '.', '_' and '-', with a letter or digit first.");
        Directory.CreateDirectory(folder);
        try
        {
            _lock = new(PathOf("node.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException fault)
        {
            throw new IOException($"{folder}: another process is the node '{name}'; two would sign two histories. {fault.Message}", fault);
        }
        try
        {
            Witness = new(PathOf("witness.json"));
            Key = OpenKey(name);
            Lamport = OpenClock();
        }
        catch
        {
            _lock.Dispose();
            throw;
        }
    }

    public string Folder { get; }

    public SigningKey Key { get; }

    public WitnessFile Witness { get; }

    /// <summary>Of this node, over its restarts.</summary>
    public LamportClock Lamport { get; }

    public string Halts => PathOf("halt.json");

    public string Configuration => PathOf("configuration.json");

    public string Genesis => PathOf("genesis.json");

    /// <summary>Replaces a file of this folder; durable when it returns. Tests make it slow.</summary>
    public Action<string, byte[]> Write { get; set; } = static (path, content) => DurableFile.Write(path, content);

    public void Dispose()
    {
        Key.Dispose();
        _lock.Dispose();
    }

    /// <summary>A new key has signed nothing, so its witness begins at zero; the memory is there before the key is, so that a key without one has lost it.</summary>
    private SigningKey OpenKey(string name)
    {
        var path = PathOf("node.key");
        if (!File.Exists(path))
        {
            Witness.Create();
            var unfinished = path + ".new";
            File.Delete(unfinished);
            using (var key = SigningKey.Create(name))
                key.Save(unfinished);
            File.Move(unfinished, path);
            DurableFile.FlushFolder(Folder);
        }
        var kept = SigningKey.Load(path);
        return kept.Name == name ? kept : throw new InvalidDataException($"{path} is the key of '{kept.Name}', not of '{name}'.");
    }

    private LamportClock OpenClock()
    {
        var path = PathOf("lamport");
        var start = 0L;
        if (File.Exists(path) && !(long.TryParse(File.ReadAllText(path), NumberStyles.None, CultureInfo.InvariantCulture, out start) && start <= LamportClock.Most))
            throw new InvalidDataException($"{path} is damaged; write a number there that is above every stamp of this node.");
        return new(start, reserved => Write(path, Encoding.ASCII.GetBytes(reserved.ToString(CultureInfo.InvariantCulture))));
    }

    private string PathOf(string file) => Path.Combine(Folder, file);

    /// <summary>It is part of a path, and a name in people's configuration.</summary>
    private static bool IsName(string name) =>
        name.Length is > 0 and <= 64 && char.IsAsciiLetterOrDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
}
