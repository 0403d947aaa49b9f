using Mesh.Chorus.Leases;
using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Signing;

namespace Mesh.Chorus.Heads;

/// <summary>What a node made of a head.</summary>
public enum HeadOutcome
{
    /// <summary>A newer committed head than was known.</summary>
    Accepted,
    /// <summary>The newest one again, perhaps with new cosignatures.</summary>
    Renewed,
    /// <summary>A newer one is known.</summary>
    Older,
    /// <summary>The log did not sign it.</summary>
    WrongSignature,
    /// <summary>Too few witnesses cosigned it.</summary>
    NotCommitted,
    /// <summary>A quorum cosigned another root of this size: more witnesses lie than the quorum allows for. The first one stays.</summary>
    Forked,
}

/// <summary>A node's view of the log: the newest head that a quorum of the witnesses cosigned. It feeds the lease. For any number of threads.</summary>
public sealed class HeadFollower(VerifierKey log, WitnessPolicy policy, Lease lease)
{
    private readonly Lock _lock = new();
    private WitnessPolicy _policy = policy;

    /// <summary>The newest committed head.</summary>
    public Checkpoint? Head { get; private set; }

    /// <summary>Counts by another set of witnesses from now on, also what is known already.</summary>
    public void Follow(WitnessPolicy policy)
    {
        lock (_lock)
        {
            _policy = policy;
            lease.Follow(policy.Witnesses, policy.Quorum);
        }
    }

    public HeadOutcome Accept(SignedCheckpoint head)
    {
        if (!head.IsOf(log))
            return HeadOutcome.WrongSignature;
        lock (_lock)
            return Accept(head.Checkpoint, _policy.Cosigned(head));
    }

    /// <param name="cosignatures">Verified, of witnesses of the policy, one each.</param>
    internal HeadOutcome Accept(Checkpoint head, IReadOnlyList<Cosignature> cosignatures)
    {
        lock (_lock)
        {
            if (cosignatures.Count < _policy.Quorum)
                return HeadOutcome.NotCommitted;
            if (head.Size < Head?.Size)
                return HeadOutcome.Older;
            if (head.Size == Head?.Size && head.Root != Head.Root)
                return HeadOutcome.Forked;
            var outcome = head.Size == Head?.Size ? HeadOutcome.Renewed : HeadOutcome.Accepted;
            Head = head;
            lease.Renew(head.Size, cosignatures.Select(c => (c.Witness, c.Time)), _policy.Quorum);
            return outcome;
        }
    }
}
