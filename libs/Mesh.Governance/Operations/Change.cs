using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Tiers;

namespace Mesh.Governance.Operations;

/// <summary>What an operation does to a configuration: before and after, exactly.</summary>
/// <param name="After">One version later; the same as <paramref name="Before"/> for an operation that changes no configuration.</param>
public sealed record Change(Operation Operation, MeshConfiguration Before, MeshConfiguration After)
{
    private const int MostText = 20_000;

    /// <summary>Whether there is a version of the configuration to be made.</summary>
    public bool IsDeployed => IsDeployable(Operation);

    public IReadOnlyList<FieldChange> Diff => FieldChange.Between(Before, After);

    public BlastRadius BlastRadius => BlastRadius.Of(this);

    /// <summary>Whether an operation ends as a version of the configuration; else as a text or a report.</summary>
    public static bool IsDeployable(Operation operation) => TierTable.Of(operation).Tier >= Tier.DeployMinor;

    /// <exception cref="ActRefusedException">It cannot be applied to this configuration; the message says why and what is allowed.</exception>
    public static Change Of(Operation operation, MeshConfiguration before)
    {
        var after = Applied(operation, before);
        if (IsDeployable(operation) && operation is not LiftDomain && after == before)
            throw new ActRefusedException(ActCode.Invalid, "It changes nothing: the configuration says so already.");
        if (ConfigurationCheck.Faults(after) is { Count: > 0 } faults)
            throw new ActRefusedException(ActCode.Invalid, string.Join(' ', faults));
        return new(operation, before, IsDeployable(operation) ? after with { Version = before.Version + 1 } : before);
    }

    private static MeshConfiguration Applied(Operation operation, MeshConfiguration before)
    {
        switch (operation)
        {
            case SuggestText suggestion:
                Require(suggestion.Text.Length is > 0 and <= MostText, $"A suggestion has 1 to {MostText} characters.");
                return before;
            case EvaluateRouting evaluation:
                RoutingChanges.Apply(new SetEnsemble(evaluation.Ensemble), before.Routing);
                Require(evaluation.IsMeasurable, "Away from traffic only k and gate (uniform, evidence or learned) can be measured. Propose other settings, the mix and gate files themselves: their canary measures them.");
                return before;
            case SetGate { Hash: { } hash, Signature: var signature } when signature is not null || before.Policy.SignedArtifacts:
                Require(signature is not null, "The policy asks for a signer's signature over the gate file.");
                ArtifactStatement.Verify(signature!, hash, before);
                return RoutingChanges.Apply(operation, before);
            case SetEnsemble or SetGate or QuarantineExpert or ReleaseExpert or AdmitExpert or RemoveExpert or SetPhase:
                return RoutingChanges.Apply(operation, before);
            case AddMember or RevokeMember or SetRoles or RotateKey or AdmitNode or RemoveNode:
                return MemberChanges.Apply(operation, before);
            case RevokeApiKey or RestoreApiKey or SetRateLimit:
                return SecurityChanges.Apply(operation, before);
            case SetPolicy policy:
                return before with { Policy = policy.Policy };
            case LiftDomain lift:
                Require(lift.Domain != Domain.None, "There is no such domain.");
                return before;
            default:
                throw new ActRefusedException(ActCode.Invalid, $"This version does not know how to apply {operation.GetType().Name}.");
        }
    }

    internal static void Require(bool holds, string otherwise)
    {
        if (!holds)
            throw new ActRefusedException(ActCode.Invalid, otherwise);
    }
}
