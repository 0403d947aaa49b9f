using System.Globalization;
using System.Text;
using System.Text.Json;
using Mesh.Ledger.Tree;

namespace Mesh.Ledger.Log;

/// <summary>How far a log is, as its store has it.</summary>
/// <param name="Lamport">That of the last entry.</param>
public sealed record LedgerHead(long Size, Hash Root, long Lamport)
{
    public static LedgerHead Empty { get; } = new(0, MerkleTree.Empty, 0);

    internal byte[] ToBytes() => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"lamport":{{Lamport}},"root":"{{Root.Base64}}","size":{{Size}}}"""));

    /// <exception cref="LedgerDamagedException">It is no head.</exception>
    internal static LedgerHead Parse(byte[] bytes)
    {
        try
        {
            var json = JsonElement.Parse(bytes);
            var head = new LedgerHead(json.GetProperty("size").GetInt64(), Hash.FromBase64(json.GetProperty("root").GetString()!), json.GetProperty("lamport").GetInt64());
            return head is { Size: > 0, Lamport: > 0 } ? head : throw new FormatException("A head that is stored has entries.");
        }
        catch (Exception e) when (e is JsonException or FormatException or KeyNotFoundException or InvalidOperationException)
        {
            throw new LedgerDamagedException($"{LedgerKeys.Head}: {e.Message}");
        }
    }
}
