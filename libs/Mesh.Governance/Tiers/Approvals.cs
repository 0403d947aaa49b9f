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

/// <summary>Who has a part in a proposal, and therefore no vote on it.</summary>
/// <param name="Key">The public key in hex that the proposer signed with: whoever has it by another name is the same person.</param>
/// <param name="Subject">
/// Whose membership, roles or key it is about: or one key that is lost could not be changed, nor one that was stolen be revoked, without the vote of the very key.
/// </param>
public sealed record Parties(string Proposer, string Key, string? Subject = null)
{
    public bool Include(Member member) => member.Name == Proposer || member.Name == Subject || member.PublicKey == Key;
}

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
    /// <summary>Whether a member may vote on what <paramref name="proposer"/> proposes, unless it is about that member.</summary>
    public static bool MayVote(Member member, string proposer) => member.Has(Role.Approver) && member.Name != proposer;

    /// <summary>Whether a member may vote on a proposal.</summary>
    public static bool MayVote(Member member, Parties parties) => member.Has(Role.Approver) && !parties.Include(member);

    /// <summary>
    /// Counts by the members and the policy of now: a vote of who is no approver any more, or has another key since, is none. A key is changed when somebody else may have
    /// it, and then it may have voted; who changes their key has the proposals made again that they voted on.
    /// </summary>
    public static Tally Count(Tier tier, Parties parties, IReadOnlyDictionary<string, CastVote> votes, MeshConfiguration configuration)
    {
        int voters = 0, approved = 0, rejected = 0;
        foreach (var member in configuration.Members)
        {
            if (!MayVote(member, parties))
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
