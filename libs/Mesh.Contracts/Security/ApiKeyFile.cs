using System.Security.Cryptography;
using System.Text;

namespace Mesh.Contracts.Security;

/// <summary>A key that opens the API: its name, and the SHA-256 of what the caller shows, in lower-case hex. Keys are random and long, so a plain hash suffices.</summary>
public sealed record ApiKey(string Name, string Hash);

/// <summary>
/// The file of API keys: a line <c>name hash</c> for each, <c>#</c> starts a comment. The keys themselves are nowhere: one is shown once, when it is made.
/// Changes replace the file whole, one at a time, readable by its owner alone; a router that uses it notices within a second.
/// </summary>
public sealed class ApiKeyFile(string path)
{
    private const string Prefix = "sk-mesh-";
    private const int RandomCharacters = 43;   // 256 bits
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private const int MostNameCharacters = 64;

    public string FilePath { get; } = Path.GetFullPath(path);

    public static string HashOf(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    /// <summary>Whether a key that is made here can have this name: 1 to 64 of letters, digits, '.', '_', '-' and '@'.</summary>
    public static bool IsName(string name) => name.Length is > 0 and <= MostNameCharacters && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '@');

    /// <summary>Every key, in order of the file; none when there is no file.</summary>
    /// <exception cref="InvalidDataException">A line is malformed.</exception>
    public IReadOnlyList<ApiKey> List() => [.. Lines().Select(Parse).OfType<ApiKey>()];

    /// <summary>Makes a key and keeps its hash under <paramref name="name"/>.</summary>
    /// <returns>The key, which nobody can find out again.</returns>
    /// <exception cref="ArgumentException">The name is taken, or not 1 to 64 of letters, digits, '.', '_', '-' and '@'.</exception>
    /// <exception cref="InvalidDataException">A line of the file is malformed; nothing was changed.</exception>
    /// <exception cref="IOException">The file cannot be written, or somebody else is changing it.</exception>
    public string Add(string name)
    {
        if (!IsName(name))
            throw new ArgumentException($"'{name}' is no name of a key: use 1 to {MostNameCharacters} of letters, digits, '.', '_', '-' and '@'.");
        using var turn = Lock();
        if (List().Any(k => k.Name == name))
            throw new ArgumentException($"There is a key named '{name}'. Revoke it first, or choose another name.");
        var key = Prefix + RandomNumberGenerator.GetString(Alphabet, RandomCharacters);
        Replace([.. Lines(), $"{name} {HashOf(key)}"]);
        return key;
    }

    /// <summary>Takes every key of that name out; false when there is none.</summary>
    /// <exception cref="InvalidDataException">A line of the file is malformed; nothing was changed.</exception>
    /// <exception cref="IOException">The file cannot be written, or somebody else is changing it.</exception>
    public bool Revoke(string name)
    {
        using var turn = Lock();
        var lines = Lines();
        var left = lines.Where((line, i) => Parse(line, i)?.Name != name).ToArray();
        if (left.Length == lines.Length)
            return false;
        Replace(left);
        return true;
    }

    private string[] Lines() => File.Exists(FilePath) ? File.ReadAllLines(FilePath) : [];

    /// <summary>Null for a line without a key.</summary>
    private ApiKey? Parse(string line, int index)
    {
        var parts = line.Split('#')[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 0)
            return null;
        return parts.Length == 2 && parts[1].Length == 64 && parts[1].All(char.IsAsciiHexDigit)
            ? new(parts[0], parts[1].ToLowerInvariant())
            : throw new InvalidDataException($"{FilePath}, line {index + 1}: expected a name and the SHA-256 of a key in 64 hex digits.");
    }

    private FileStream Lock()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
        return new(FilePath + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
    }

    private void Replace(string[] lines)
    {
        var next = FilePath + ".new";
        File.Delete(next);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(next, options))
        {
            stream.Write(Encoding.UTF8.GetBytes(string.Concat(lines.Select(l => l + "\n"))));
            stream.Flush(flushToDisk: true);
        }
        File.Move(next, FilePath, overwrite: true);
    }
}
