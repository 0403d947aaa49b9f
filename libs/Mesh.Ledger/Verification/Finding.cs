using Mesh.Ledger.Tiles;

namespace Mesh.Ledger.Verification;

public enum FindingKind
{
    /// <summary>The checkpoint is not signed by the log.</summary>
    Signature,
    /// <summary>Too few witnesses cosigned the checkpoint.</summary>
    Quorum,
    /// <summary>Entries that the tree has are not there.</summary>
    Cut,
    /// <summary>An entry was changed.</summary>
    Changed,
    /// <summary>Two entries stand in each other's place.</summary>
    Swapped,
    /// <summary>An entry stands in the place of another one.</summary>
    Moved,
    /// <summary>There is more than the tree has.</summary>
    Added,
    /// <summary>A tile is not the one over what is below it.</summary>
    Tile,
    /// <summary>The tree is another one than a checkpoint says.</summary>
    Forked,
    /// <summary>It is no entry in canonical form.</summary>
    Form,
    /// <summary>Lamport time does not rise.</summary>
    Lamport,
    /// <summary>An entry is dated before one that comes before it.</summary>
    Time,
    /// <summary>An id is there twice.</summary>
    DoubleId,
}

/// <summary>Something wrong with a log.</summary>
/// <param name="Index">The entry, where it is about one: the first one.</param>
/// <param name="Tile">The tile or bundle, where it is about one.</param>
public sealed record Finding(FindingKind Kind, string Message, long? Index = null, Tile? Tile = null)
{
    public override string ToString() => Message;
}

/// <summary>What a verification found.</summary>
/// <param name="Entries">How many entries it read and compared.</param>
/// <param name="Findings">In the order of the log; empty when all is as it was written.</param>
/// <param name="HasMore">There are more findings than are listed.</param>
public sealed record VerificationReport(long Entries, IReadOnlyList<Finding> Findings, bool HasMore)
{
    public bool IsGood => Findings.Count == 0;
}
