using System.Security.Cryptography;
using Mesh.Ledger.Log;

namespace Mesh.Ledger.Artifacts;

/// <summary>What is too large for an entry, under the SHA-256 of its bytes. Nothing in it is ever changed.</summary>
public sealed class ArtifactStore(ILedgerStore store)
{
    public const int MostBytes = 1 << 20;

    /// <summary>64 lower-case hex digits.</summary>
    public static bool IsName(string name) => name.Length == 2 * SHA256.HashSizeInBytes && name.All(char.IsAsciiHexDigitLower);

    /// <returns>Its name.</returns>
    /// <exception cref="ArgumentException">It is larger than <see cref="MostBytes"/>.</exception>
    public async Task<string> PutAsync(ReadOnlyMemory<byte> content, CancellationToken stop)
    {
        if (content.Length > MostBytes)
            throw new ArgumentException($"An artifact has at most {MostBytes} bytes.", nameof(content));
        var name = Convert.ToHexStringLower(SHA256.HashData(content.Span));
        // Not committed: it is there already, and its name says that it is the same.
        await store.CommitAsync(new Dictionary<string, byte[]> { [Key(name)] = content.ToArray() }, Key(name), null, stop);
        return name;
    }

    /// <returns>Null when there is none of this name.</returns>
    /// <exception cref="FormatException">It is no name of an artifact.</exception>
    /// <exception cref="LedgerDamagedException">The bytes are not those of the name.</exception>
    public async Task<byte[]?> GetAsync(string name, CancellationToken stop)
    {
        if (!IsName(name))
            throw new FormatException("The name of an artifact is its SHA-256, 64 lower-case hex digits.");
        if (await store.ReadAsync(Key(name), stop) is not { Value: var content })
            return null;
        return Convert.ToHexStringLower(SHA256.HashData(content)) == name ? content : throw new LedgerDamagedException($"{Key(name)}: the content is not that of its name.");
    }

    private static string Key(string name) => $"artifact/{name}";
}
