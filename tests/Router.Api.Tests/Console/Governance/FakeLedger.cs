using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Mesh.Ledger.Signing;

namespace Router.Api.Tests.Console.Governance;

/// <summary>A tree of RFC 6962 over a handful of entries, its head signed by a log and cosigned by witnesses.</summary>
internal sealed class FakeLedger(SigningKey log, IReadOnlyList<SigningKey> witnesses)
{
    public List<byte[]> Entries { get; } = [];

    /// <summary>Witnesses that cosign, of all.</summary>
    public int Cosigners { get; set; } = witnesses.Count;

    /// <summary>A receipt as C2SP's tlog-proof has it.</summary>
    public string Proof(int index) =>
        $"c2sp.org/tlog-proof@v1\nindex {index}\n{string.Concat(Path(index, Entries).Select(h => Convert.ToBase64String(h) + "\n"))}\n{Checkpoint()}";

    private string Checkpoint()
    {
        var note = SignedNote.Sign($"{log.Name}\n{Entries.Count}\n{Convert.ToBase64String(Root(Entries))}\n", log);
        return note + string.Concat(witnesses.Take(Cosigners).Select(w => Cosignature(w, note.Text)));
    }

    private static string Cosignature(SigningKey witness, string text)
    {
        var time = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, time);
        var signature = witness.Sign(Encoding.UTF8.GetBytes($"cosignature/v1\ntime {time}\n{text}"));
        return $"— {witness.Name} {Convert.ToBase64String([.. Convert.FromHexString(witness.Verifier.As(KeyKind.Cosignature).Hash), .. bytes, .. signature])}\n";
    }

    private static byte[] Root(IReadOnlyList<byte[]> entries)
    {
        if (entries.Count == 1)
            return SHA256.HashData([0, .. entries[0]]);
        var half = Half(entries.Count);
        return SHA256.HashData([1, .. Root([.. entries.Take(half)]), .. Root([.. entries.Skip(half)])]);
    }

    private static IEnumerable<byte[]> Path(int index, IReadOnlyList<byte[]> entries)
    {
        if (entries.Count == 1)
            return [];
        var half = Half(entries.Count);
        byte[][] left = [.. entries.Take(half)], right = [.. entries.Skip(half)];
        return index < half ? [.. Path(index, left), Root(right)] : [.. Path(index - half, right), Root(left)];
    }

    private static int Half(int count) => (int)BitOperations.RoundUpToPowerOf2((uint)count) / 2;
}
