using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Members;

namespace Mesh.Governance.Tiers;

/// <summary>What the votes say so far.</summary>
public enum Standing
{
    Open,
    Approved,
    Rejected,
}

/// <summary>A vote that counts as long as its voter is an approver with the key that signed it.</summary>
public sealed record CastVote(VoteChoice Choice, string Key, string? Reason = null);

/// <param name="Voters">Members who may vote on it.</param>
/// <param name="Needed">Approvals that it takes.</param>
public sealed record Tally(int Voters, int Needed, int Approved, int Rejected)
{
    /// <summary>More are needed than there are voters: nobody can ever approve it.</summary>
    public bool IsHopeless => Needed > Voters;

    /// <summary>Rejected is what cannot be approved any more since somebody rejected it: for a major one, that needs all, at the first rejection.</summary>
    public Standing Standing => Approved >= Needed ? Standing.Approved : Rejected > 0 && Rejected > Voters - Needed ? Standing.Rejected : Standing.Open;
}

/// <summary>Who decides, and how many of them it takes.</summary>
public static class Approvals
{
    /// <summary>Whether a member votes on what <paramref name="proposer"/> proposed.</summary>
    public static bool MayVote(Member member, string proposer) => member.Has(Role.Approver) && member.Name != proposer;

    /// <summary>
    /// Counts by the members and the policy of now: a vote of who is no approver any more, or has another key since, is none. A key is changed when somebody else may have
    /// it, and then it may have voted; who changes their key has the proposals made again that they voted on.
    /// </summary>
    public static Tally Count(Tier tier, string proposer, IReadOnlyDictionary<string, CastVote> votes, MeshConfiguration configuration)
    {
        int voters = 0, approved = 0, rejected = 0;
        foreach (var member in configuration.Members)
        {
            if (!MayVote(member, proposer))
                continue;
            voters++;
            if (!votes.TryGetValue(member.Name, out var vote) || vote.Key != member.Key)
                continue;
            if (vote.Choice == VoteChoice.Approve)
                approved++;
            else
                rejected++;
        }
        return new(voters, Needed(tier, configuration.Policy, voters), approved, rejected);
    }

    private static int Needed(Tier tier, TierPolicy policy, int voters) => tier switch
    {
        Tier.ReadOnly or Tier.SandboxTest => 0,
        Tier.Suggest => 1,
        Tier.DeployMinor => Math.Max(1, policy.MinorApprovals),
        _ => Math.Max(1, voters),
    };
}
