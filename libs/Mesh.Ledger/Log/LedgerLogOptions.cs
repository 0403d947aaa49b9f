using Mesh.Ledger.Signing;

namespace Mesh.Ledger.Log;

/// <param name="Key">Signs the heads; its name is the log's origin.</param>
/// <param name="Node">The node that every entry appended here names.</param>
public sealed record LedgerLogOptions(SigningKey Key, string Node)
{
    /// <summary>How long one batch may take, tries after lost races included.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Appends that wait; more wait to wait.</summary>
    public int MostWaiting { get; init; } = 1024;

    /// <summary>Of one transaction.</summary>
    public int MostEntriesABatch { get; init; } = 256;

    /// <summary>Of one transaction, measured in the JSON of the bodies. One body may be greater.</summary>
    public int MostBytesABatch { get; init; } = 1 << 20;
}
