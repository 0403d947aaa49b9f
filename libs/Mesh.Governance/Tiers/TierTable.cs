using Mesh.Governance.Members;
using Mesh.Governance.Operations;

namespace Mesh.Governance.Tiers;

/// <summary>What holds for operations of one type.</summary>
/// <param name="Domain">What is read-only after people rejected a major one.</param>
/// <param name="HasCanary">Whether a share of the sessions can try it before all get it.</param>
/// <param name="Proposers">Members with any of these roles may propose it; none: every member.</param>
public sealed record TierRow(Tier Tier, Domain Domain, bool HasCanary, params Role[] Proposers)
{
    public bool MayPropose(Member member) => Proposers.Length == 0 || Array.Exists(Proposers, member.Has);
}

/// <summary>The one place that says how much an operation can break.</summary>
public static class TierTable
{
    private static readonly TierRow
        Unknown = new(Tier.DeployMajor, Domain.Policy, false, Role.Admin),
        Suggestion = new(Tier.Suggest, Domain.None, false),
        Sandbox = new(Tier.SandboxTest, Domain.None, false),
        Routing = new(Tier.DeployMinor, Domain.Routing, true, Role.Deployer),
        // Tried on a share of the sessions, a bad expert would go on with the others.
        Quarantine = new(Tier.DeployMinor, Domain.Experts, false, Role.Deployer, Role.Oncall),
        Experts = new(Tier.DeployMajor, Domain.Experts, true, Role.Deployer),
        Phase = new(Tier.DeployMajor, Domain.Phase, true, Role.Deployer),
        Members = new(Tier.DeployMajor, Domain.Members, false, Role.Admin),
        // They have no domain: an approver gone bad rejects any change of members, and a domain that is read-only by that could be lifted only with the same one's vote. Their own
        // rejection locks nothing either; the others can still refuse them one by one.
        Member = Members with { Domain = Domain.None },
        Policy = new(Tier.DeployMajor, Domain.Policy, false, Role.Admin),
        Security = new(Tier.DeployMinor, Domain.Security, false, Role.Deployer, Role.Oncall),
        // It has no domain, or a rejected one could never be asked for again.
        Lift = new(Tier.DeployMajor, Domain.None, false, Role.Admin);

    /// <summary>What holds for an operation; for one that nobody wrote down, the strictest.</summary>
    public static TierRow Of(Operation operation) => Find(operation) ?? Unknown;

    /// <summary>Whether it is promoted from its canary alone. Phase 0 is not: one expert answers alone on purpose, and gates that compare answers would refuse what people ask for to be safe.</summary>
    public static bool NeedsCanary(Operation operation) => Of(operation).HasCanary && operation is not SetPhase(0);

    internal static TierRow? Find(Operation operation) => operation switch
    {
        SuggestText => Suggestion,
        EvaluateRouting => Sandbox,
        SetEnsemble or SetGate => Routing,
        QuarantineExpert => Quarantine,
        ReleaseExpert or AdmitExpert or RemoveExpert => Experts,
        SetPhase => Phase,
        AddMember or AdmitNode or RemoveNode => Members,
        RevokeMember or SetRoles or RotateKey => Member,
        SetPolicy => Policy,
        RevokeApiKey or RestoreApiKey or SetRateLimit => Security,
        LiftDomain => Lift,
        _ => null,
    };
}
