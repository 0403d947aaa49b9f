using System.Security.Cryptography;
using System.Text.Json;
using Mesh.Ledger.Log;

namespace Mesh.Ledger.Artifacts;

/// <summary>
/// What is too large for an entry, under the SHA-256 of its bytes. Nothing in it is ever changed. Anybody may put something in before anything names it; of what nothing names yet, the oldest
/// goes when there is more than <see cref="MostLooseBytes"/> or <see cref="MostLoose"/>.
/// </summary>
public sealed class ArtifactStore(ILedgerStore store)
{
    public const int MostBytes = 1 << 20, MostLooseBytes = 64 << 20, MostLoose = 1024;
    private const string LooseKey = "artifacts/loose";

    /// <summary>64 lower-case hex digits.</summary>
    public static bool IsName(string name) => name.Length == 2 * SHA256.HashSizeInBytes && name.All(char.IsAsciiHexDigitLower);

    /// <param name="isNamed">Whether something names an artifact, which then stays.</param>
    /// <returns>Its name.</returns>
    /// <exception cref="ArgumentException">It is larger than <see cref="MostBytes"/>.</exception>
    public async Task<string> PutAsync(ReadOnlyMemory<byte> content, Func<string, bool> isNamed, CancellationToken stop)
    {
        if (content.Length > MostBytes)
            throw new ArgumentException($"An artifact has at most {MostBytes} bytes.", nameof(content));
        var name = Convert.ToHexStringLower(SHA256.HashData(content.Span));
        while (await GetAsync(name, stop) is null)
        {
            var stored = await store.ReadAsync(LooseKey, stop);
            List<Loose> loose = [.. (stored is null ? [] : JsonSerializer.Deserialize<List<Loose>>(stored.Value)!).Where(l => l.Name != name && !isNamed(l.Name)), new(name, content.Length)];
            var writes = new Dictionary<string, byte[]> { [Key(name)] = content.ToArray() };
            for (var bytes = loose.Sum(l => (long)l.Bytes); bytes > MostLooseBytes || loose.Count > MostLoose; loose.RemoveAt(0))
            {
                bytes -= loose[0].Bytes;
                writes[Key(loose[0].Name)] = Gone;
            }
            writes[LooseKey] = JsonSerializer.SerializeToUtf8Bytes(loose);
            if (await store.CommitAsync(writes, LooseKey, stored?.ETag, stop))
                break;
        }
        return name;
    }

    /// <returns>Null when there is none of this name.</returns>
    /// <exception cref="FormatException">It is no name of an artifact.</exception>
    /// <exception cref="LedgerDamagedException">The bytes are not those of the name.</exception>
    public async Task<byte[]?> GetAsync(string name, CancellationToken stop)
    {
        if (!IsName(name))
            throw new FormatException("The name of an artifact is its SHA-256, 64 lower-case hex digits.");
        if (await store.ReadAsync(Key(name), stop) is not { Value: var content } || (content.Length == 0 && name != NameOfNothing))
            return null;
        return Convert.ToHexStringLower(SHA256.HashData(content)) == name ? content : throw new LedgerDamagedException($"{Key(name)}: the content is not that of its name.");
    }

    /// <summary>In place of what went: a store takes no key away.</summary>
    private static byte[] Gone => [];

    private static readonly string NameOfNothing = Convert.ToHexStringLower(SHA256.HashData([]));

    private sealed record Loose(string Name, int Bytes);

    private static string Key(string name) => $"artifact/{name}";
}
