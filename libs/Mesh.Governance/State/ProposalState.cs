using System.Collections.Immutable;
using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Operations;
using Mesh.Governance.Tiers;

namespace Mesh.Governance.State;

public enum ProposalStatus
{
    Open,
    Approved,
    Rejected,
    Expired,
    Withdrawn,

    /// <summary>A canary tries it.</summary>
    Deploying,
    Promoted,

    /// <summary>Its canary, or by a halt its promotion, was taken back.</summary>
    Undone,

    /// <summary>It was approved and could not be done.</summary>
    Failed,
}

/// <summary>A proposal and what became of it.</summary>
/// <param name="Index">Of its entry.</param>
/// <param name="Received">Its entry's time, unix ms.</param>
/// <param name="Parties">Who has no vote on it.</param>
/// <param name="ReviewEnds">An approval takes effect from then on, unix ms: a major one is reviewed from when it is received, whatever its proposer says it was created.</param>
public sealed record ProposalState(string Hash, Proposal Act, Tier Tier, Parties Parties, long Index, long Received, long ReviewEnds)
{
    public ProposalStatus Status { get; init; }

    /// <summary>Votes by their voters.</summary>
    public ImmutableDictionary<string, CastVote> Votes { get; init; } = ImmutableDictionary<string, CastVote>.Empty;

    /// <summary>What the votes said when it was last asked before the deadline: what changes later, as the number of approvers, decides nothing.</summary>
    public Standing InTime { get; init; }

    /// <summary>When its canary began, unix ms by the ledger; null: it had none.</summary>
    public long? Tried { get; init; }

    /// <summary>The signed note, as long as it can still be decided.</summary>
    public string? Note { get; init; }

    /// <summary>What its decision or its last report says.</summary>
    public string? Reason { get; init; }

    /// <summary>Where its end runs, once that was looked at; why it ended is said by <see cref="Reason"/>.</summary>
    public string? Effect { get; init; }

    public bool IsDecided { get; init; }

    /// <summary>Whether nothing can become of it any more.</summary>
    public bool IsClosed => Status is not (ProposalStatus.Open or ProposalStatus.Approved or ProposalStatus.Deploying) ||
        (Status == ProposalStatus.Approved && !Change.IsDeployable(Act.Operation));

    /// <summary>Votes count before it, unix ms.</summary>
    public long Deadline => Act.Deadline * 1000;
}

/// <summary>A promoted change.</summary>
/// <param name="Index">Of its entry.</param>
/// <param name="UndoneBy">The halt that took it back.</param>
public sealed record AppliedChange(string Proposal, Operation Operation, long Index, long Time, MeshConfiguration Before, MeshConfiguration After, string? UndoneBy = null);

/// <summary>A halt that goes on.</summary>
/// <param name="Received">Its entry's time, unix ms.</param>
public sealed record HaltState(string Id, HaltOrder Act, string Note, long Index, long Received);

/// <summary>A vote that did not count.</summary>
/// <param name="Code">One of <see cref="ActCode"/>.</param>
public sealed record Refusal(long Index, string Proposal, string Voter, string Code, string Message);
