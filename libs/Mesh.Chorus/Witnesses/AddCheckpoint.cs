using System.Globalization;
using System.Text;
using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Tree;

namespace Mesh.Chorus.Witnesses;

/// <summary>What a log asks a witness (C2SP tlog-witness, the body of <c>add-checkpoint</c>).</summary>
/// <param name="OldSize">What the log believes that the witness cosigned last; 0 to find out.</param>
/// <param name="Proof">That the tree of that size is the beginning of the new one.</param>
public sealed record AddCheckpoint(long OldSize, IReadOnlyList<Hash> Proof, SignedCheckpoint Checkpoint)
{
    public const int MostBytes = 64 * 1024;
    private const string Old = "old ";

    /// <exception cref="FormatException">It is no such body; the message says why.</exception>
    public static AddCheckpoint Parse(string body)
    {
        var end = body.IndexOf("\n\n", StringComparison.Ordinal);
        if (!body.StartsWith(Old, StringComparison.Ordinal) || end < 0)
            throw new FormatException("Expected a line 'old <size>', the lines of a proof, an empty line and a checkpoint.");
        var lines = body[Old.Length..end].Split('\n');
        if (lines.Length - 1 > MerkleProofs.MostHashes)
            throw new FormatException($"A proof has at most {MerkleProofs.MostHashes} lines.");
        return new(Mesh.Ledger.Checkpoints.Checkpoint.ParseSize(lines[0]), [.. lines.Skip(1).Select(Hash.FromBase64)], SignedCheckpoint.Parse(body[(end + 2)..]));
    }

    public override string ToString() =>
        new StringBuilder().Append(CultureInfo.InvariantCulture, $"{Old}{OldSize}\n").AppendJoin("", Proof.Select(h => h.Base64 + "\n")).Append('\n').Append(Checkpoint).ToString();
}
