using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Entries;
using Mesh.Ledger.Signing;
using Mesh.Ledger.Tiles;

namespace Mesh.Ledger.Verification;

/// <summary>
/// Checks a whole log from its tiles and bundles alone, a bundle at a time: every entry against its tile, every tile against the tile above it, the tree against the checkpoint,
/// the checkpoint against the keys. Where an entry and its tile differ, the hash above both says which of them is right.
/// </summary>
/// <param name="source">Not trusted.</param>
public sealed class LedgerVerifier(ITileSource source, VerifierKey log, WitnessPolicy policy)
{
    /// <summary>More findings are not listed.</summary>
    public const int MostFindings = 100;

    /// <param name="known">Other checkpoints of the log that someone kept: each must be one of a beginning of this tree.</param>
    /// <param name="progress">Gets the number of entries read.</param>
    /// <param name="entries">Gets every entry in its order, as it is read; what it makes of them holds when the report is good.</param>
    public async Task<VerificationReport> VerifyAsync(
        SignedCheckpoint head, IReadOnlyList<SignedCheckpoint>? known = null, IProgress<long>? progress = null, Action<long, LedgerEntry>? entries = null, CancellationToken stop = default)
    {
        List<SignedCheckpoint> checkpoints = [.. (known ?? []).OrderBy(k => k.Checkpoint.Size), head];
        var findings = CheckSignatures(checkpoints).ToList();
        // A size that nobody signed says nothing of how much is to be read.
        if (findings.Any(f => f.Kind == FindingKind.Signature))
            return new(0, findings, false);
        var run = new VerificationRun(source, head.Checkpoint, checkpoints, entries);
        await run.ReadAsync(progress, stop);
        findings.AddRange(run.Findings());
        return new(run.Entries, [.. findings.Take(MostFindings)], run.HasMore || findings.Count > MostFindings);
    }

    private IEnumerable<Finding> CheckSignatures(List<SignedCheckpoint> checkpoints)
    {
        foreach (var checkpoint in checkpoints)
        {
            if (!checkpoint.IsOf(log))
                yield return new(FindingKind.Signature, $"The checkpoint of {checkpoint.Checkpoint.Size} entries is not one that '{log.Name}' signed with this key.");
        }
        var cosigned = policy.Cosigned(checkpoints[^1]).Count;
        if (cosigned < policy.Quorum)
            yield return new(FindingKind.Quorum, $"The checkpoint is cosigned by {cosigned} of {policy.Witnesses.Count} witnesses; {policy.Quorum} are needed.");
    }
}
