using Mesh.Governance.Acts;
using Mesh.Governance.Members;
using Mesh.Governance.Tiers;

namespace Mesh.Governance.Configurations;

/// <summary>Whether there are people enough to change a configuration again.</summary>
public static class Governability
{
    /// <summary>What nobody could do any more, as sentences; empty when all is well.</summary>
    public static IReadOnlyList<string> Gaps(IReadOnlyList<Member> members)
    {
        var gaps = new Faults();
        gaps.Unless(members.Any(a => a.Has(Role.Admin) && members.Any(m => Approvals.MayVote(m, a.Name))),
            "An admin and an approver beside them have to be there, or nobody could ever change members again.");
        gaps.Unless(members.Count(HaltRules.MayResume) > HaltRules.Resumers,
            $"{HaltRules.Resumers + 1} members with the role approver, oncall or admin have to be there, or a halt could never end.");
        return gaps;
    }
}
