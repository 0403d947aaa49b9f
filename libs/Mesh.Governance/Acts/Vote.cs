using System.Text.Json.Serialization.Metadata;

namespace Mesh.Governance.Acts;

public enum VoteChoice
{
    Approve,
    Reject,
}

/// <summary>What one approver says of a proposal, once.</summary>
/// <param name="Proposal">The proposal's hash.</param>
/// <param name="Deadline">The proposal's, so that nobody signs without having seen it.</param>
public sealed record Vote(string Mesh, string Proposal, VoteChoice Choice, long Deadline, string Voter, string? Reason = null) : IAct<Vote>
{
    static string IAct<Vote>.Kind => "vote";

    static JsonTypeInfo<Vote> IAct<Vote>.Json => GovernanceJson.Default.Vote;

    void IAct<Vote>.Check()
    {
        SignedAct.CheckHash<Vote>(Proposal);
        SignedAct.CheckTime<Vote>(Deadline);
        SignedAct.CheckReason<Vote>(Reason, isNeeded: false);
    }
}

/// <summary>The proposer takes a proposal back.</summary>
public sealed record Withdrawal(string Mesh, string Proposal, string Member) : IAct<Withdrawal>
{
    static string IAct<Withdrawal>.Kind => "withdraw";

    static JsonTypeInfo<Withdrawal> IAct<Withdrawal>.Json => GovernanceJson.Default.Withdrawal;

    void IAct<Withdrawal>.Check() => SignedAct.CheckHash<Withdrawal>(Proposal);
}
