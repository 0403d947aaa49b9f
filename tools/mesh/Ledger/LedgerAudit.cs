using Mesh.Governance.Acts;
using Mesh.Governance.Http.Genesis;
using Mesh.Governance.State;
using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Entries;
using Mesh.Ledger.Signing;
using Mesh.Ledger.Verification;
using Mesh.Tool.Governance;

namespace Mesh.Tool.Ledger;

/// <summary>
/// Goes through a ledger from its first entry: entries, tiles and signatures by <see cref="LedgerVerifier"/>, which names what was done to them, and every decision against the
/// rules, by the code that governs.
/// </summary>
/// <param name="genesis">The trust root; null believes the ledger's own first entry.</param>
internal sealed class LedgerAudit(ILedgerSource source, GenesisDocument? genesis)
{
    /// <summary>What a person can read at once.</summary>
    private const int MostNamed = 10;
    private SignedCheckpoint? _before;
    private string? _broken;

    /// <summary>What the entries amount to.</summary>
    public GovernanceState State { get; private set; } = GovernanceState.Empty;

    public long Lamport { get; private set; }

    /// <summary>Also that the head of the run before, if there was one, is a beginning of this one.</summary>
    /// <param name="progress">How many entries are checked.</param>
    /// <returns>The witnesses who cosigned it.</returns>
    /// <exception cref="ToolException">Something does not hold.</exception>
    public async Task<IReadOnlyList<Cosignature>> RunAsync(SignedCheckpoint head, IProgress<long> progress, CancellationToken cancellationToken)
    {
        if (head.Checkpoint.Size == 0)
            throw ToolException.Unverified("The checkpoint has no entries; a ledger begins with its genesis.");
        (State, Lamport, _broken) = (GovernanceState.Empty, 0, null);
        var log = genesis?.LogKey ?? await FirstLogAsync(head.Checkpoint.Size, cancellationToken);
        // Who must have cosigned it follows from the entries.
        var report = await new LedgerVerifier(source, log, WitnessPolicy.None).VerifyAsync(head, _before is null ? null : [_before], progress, Apply, cancellationToken);
        if (!report.IsGood)
            throw ToolException.Unverified(string.Join('\n', [.. report.Findings.Take(MostNamed).Select(f => f.Message), .. More(report)]));
        if (_broken is not null)
            throw ToolException.Unverified(_broken);
        if (State.Log != log.Text)
            throw ToolException.Unverified($"The ledger's first entry names another key than '{log.Name}', which signed the checkpoint.");
        _before = head;
        return Cosigned(head);
    }

    private IEnumerable<string> More(VerificationReport report)
    {
        if (genesis is not null && report.Findings.Any(f => f.Kind == FindingKind.Signature))
            yield return "It is forged, or the genesis that you named is another mesh's.";
        if (report.Findings.Count - MostNamed is > 0 and var more)
            yield return $"And {more} {(report.HasMore ? "or more " : "")}others.";
    }

    private async Task<VerifierKey> FirstLogAsync(long size, CancellationToken cancellationToken)
    {
        await foreach (var (_, entry) in source.EntriesAsync(0, size, cancellationToken))
        {
            try
            {
                return VerifierKey.Parse(GovernanceState.Empty.Reduce(entry).Log);
            }
            catch (Exception fault) when (fault is FormatException or ActRefusedException)
            {
                throw ToolException.Unverified($"Entry 0 ('{entry.Id}') breaks a rule: {fault.Message}");
            }
        }
        throw ToolException.Unverified("There is no first entry.");
    }

    /// <summary>The first rule that is broken is kept: what was done to the entries explains it, if something was.</summary>
    private void Apply(long index, LedgerEntry entry)
    {
        if (_broken is not null)
            return;
        try
        {
            State = State.Reduce(entry);
        }
        catch (ActRefusedException refused)
        {
            _broken = $"Entry {index} ('{entry.Id}') breaks a rule: {refused.Message}";
            return;
        }
        if (index == 0 && genesis is not null && (State.Log != genesis.Log || State.Configuration != genesis.Configuration))
            _broken = $"Entry 0 is another genesis than the one that you named: this is another mesh '{Plain.Of(State.Configuration?.Mesh)}', or another beginning of it.";
        Lamport = entry.Lamport;
    }

    private IReadOnlyList<Cosignature> Cosigned(SignedCheckpoint head)
    {
        var policy = State.Configuration!.Witnesses;
        var cosigned = policy.Cosigned(head);
        return cosigned.Count >= policy.Quorum ? cosigned
            : throw ToolException.Unverified($"The checkpoint is cosigned by {cosigned.Count} of {policy.Witnesses.Count} witnesses; {policy.Quorum} are needed. It is not committed.");
    }
}
