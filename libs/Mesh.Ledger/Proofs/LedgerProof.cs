using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Entries;
using Mesh.Ledger.Signing;
using Mesh.Ledger.Tree;

namespace Mesh.Ledger.Proofs;

/// <summary>The receipt of an entry (C2SP tlog-proof): where it is, the hashes from it up to the root, and the checkpoint with its cosignatures. It is checked offline.</summary>
public sealed record LedgerProof(long Index, IReadOnlyList<Hash> Path, SignedCheckpoint Checkpoint)
{
    private const string Header = "c2sp.org/tlog-proof@v1", IndexWord = "index ", ExtraWord = "extra ";

    /// <exception cref="FormatException">It is no proof; the message says why.</exception>
    public static LedgerProof Parse(string text)
    {
        var split = text.Length <= SignedNote.MostBytes ? text.IndexOf("\n\n", StringComparison.Ordinal) : -1;
        var lines = split < 0 ? [] : text[..split].Split('\n').ToList();
        if (lines.Count < 2 || lines[0] != Header)
            throw new FormatException($"A proof begins with the line '{Header}', and an empty line is before its checkpoint.");
        // Extra data has no meaning here and is not signed; it is not kept.
        var at = lines[1].StartsWith(ExtraWord, StringComparison.Ordinal) ? 2 : 1;
        if (at == lines.Count || !lines[at].StartsWith(IndexWord, StringComparison.Ordinal) || lines.Count - at - 1 > MerkleProofs.MostHashes)
            throw new FormatException($"A proof has a line '{IndexWord}<number>' and at most {MerkleProofs.MostHashes} hashes.");
        return new(Checkpoints.Checkpoint.ParseSize(lines[at][IndexWord.Length..]), [.. lines.Skip(at + 1).Select(Hash.FromBase64)], SignedCheckpoint.Parse(text[(split + 2)..]));
    }

    /// <summary>Whether it proves that <paramref name="entry"/> is in the log that has this key, in a tree that a quorum saw.</summary>
    /// <param name="reason">Why it does not.</param>
    public bool Proves(LedgerEntry entry, VerifierKey log, WitnessPolicy policy, [NotNullWhen(false)] out string? reason)
    {
        reason = null;
        if (Checkpoint.Checkpoint.Origin != log.Name)
            reason = $"The checkpoint is of the log '{Checkpoint.Checkpoint.Origin}', not of '{log.Name}'.";
        else if (!Checkpoint.IsOf(log))
            reason = $"The checkpoint is not signed by the key of '{log.Name}'.";
        else if (policy.Cosigned(Checkpoint).Count is var cosigned && cosigned < policy.Quorum)
            reason = $"The checkpoint is cosigned by {cosigned} of {policy.Witnesses.Count} witnesses; {policy.Quorum} are needed.";
        else if (!MerkleProofs.IsIncluded(entry.LeafHash, Index, Checkpoint.Checkpoint.Size, Path, Checkpoint.Checkpoint.Root))
            reason = $"The entry '{entry.Id}' is not entry {Index} of the tree of {Checkpoint.Checkpoint.Size} entries.";
        return reason is null;
    }

    public override string ToString()
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{Header}\n{IndexWord}{Index}\n");
        foreach (var hash in Path)
            text.Append(hash.Base64).Append('\n');
        return text.Append('\n').Append(Checkpoint).ToString();
    }
}
