namespace Mesh.Contracts.Security;

/// <summary>
/// The API key of a service of this mesh's own, in a file that only it reads. It is read each time, so that another key takes no restart, and never logged.
/// </summary>
/// <param name="name">Of the key, when it is made here.</param>
/// <param name="file">One line, the key.</param>
/// <param name="keysFile">The mesh's file of API keys, to which the key is added where it is missing; null: the key is given, not made.</param>
public sealed class OwnApiKey(string name, string file, string? keysFile)
{
    private const int MostCharacters = 512;
    private readonly Lock _making = new();

    public string Name => name;

    public string FilePath => file;

    /// <summary>The key; made and added to the mesh's keys where that is allowed and it is not there.</summary>
    /// <param name="made">Whether it was made now.</param>
    /// <exception cref="InvalidDataException">The file holds no API key.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public string Read(out bool made)
    {
        made = false;
        if (keysFile is null)
            return Read();
        lock (_making)
        {
            var keys = new ApiKeyFile(keysFile);
            if (File.Exists(file) && ApiKeyFile.HashOf(Read()) is var hash && keys.List().Any(k => k.Hash == hash))
                return Read();
            keys.Revoke(name);
            Write(keys.Add(name));
            made = true;
            return Read();
        }
    }

    private string Read()
    {
        var key = File.ReadAllText(file).Trim();
        return key.Length is > 0 and <= MostCharacters && key.All(c => char.IsBetween(c, '!', '~')) ? key : throw new InvalidDataException($"{file} holds no API key: one line is expected.");
    }

    private void Write(string key)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.Delete(file);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var writer = new StreamWriter(file, options);
        writer.WriteLine(key);
    }
}
