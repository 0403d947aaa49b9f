using System.Globalization;
using Mesh.Ledger.Signing;
using Mesh.Ledger.Tree;

namespace Mesh.Ledger.Checkpoints;

/// <summary>What a log signs of its tree (C2SP tlog-checkpoint): three lines, origin, size and root. Extension lines, which nobody audits, are refused.</summary>
/// <param name="Origin">The one name of the log: <c>mesh/&lt;mesh name&gt;</c>.</param>
public sealed record Checkpoint(string Origin, long Size, Hash Root)
{
    /// <summary>The text of its note.</summary>
    public string Text => string.Create(CultureInfo.InvariantCulture, $"{Origin}\n{Size}\n{Root.Base64}\n");

    /// <exception cref="FormatException">It is no checkpoint; the message says why.</exception>
    public static Checkpoint Parse(string text)
    {
        if (text.Split('\n') is not [var origin, var sizeText, var root, ""] || !VerifierKey.IsName(origin))
            throw new FormatException("A checkpoint has three lines: origin, size and root.");
        var size = ParseSize(sizeText);
        var checkpoint = new Checkpoint(origin, size, Hash.FromBase64(root));
        if (size == 0 && checkpoint.Root != MerkleTree.Empty)
            throw new FormatException("The root of an empty tree is the hash of nothing.");
        return checkpoint;
    }

    /// <summary>A decimal number without sign and leading zeroes.</summary>
    /// <exception cref="FormatException">It is none, or greater than 2^63 - 1.</exception>
    public static long ParseSize(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size.ToString(CultureInfo.InvariantCulture) == text
            ? size
            : throw new FormatException("Expected a decimal number without sign and leading zeroes.");
}
