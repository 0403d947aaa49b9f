using System.Text.Json.Serialization;
using Mesh.Contracts.Experts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Members;
using Mesh.Governance.Tiers;

namespace Mesh.Governance.Operations;

/// <summary>What a rejected major change makes read-only until people lift it.</summary>
public enum Domain
{
    None,
    Routing,
    Experts,
    Phase,
    Members,
    Policy,
    Security,
}

/// <summary>What a proposal asks for, typed: its tier follows from its type and its target, never from text.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(SuggestText), "suggest_text")]
[JsonDerivedType(typeof(EvaluateRouting), "evaluate_routing")]
[JsonDerivedType(typeof(SetEnsemble), "set_ensemble")]
[JsonDerivedType(typeof(SetGate), "set_gate")]
[JsonDerivedType(typeof(QuarantineExpert), "quarantine_expert")]
[JsonDerivedType(typeof(ReleaseExpert), "release_expert")]
[JsonDerivedType(typeof(AdmitExpert), "admit_expert")]
[JsonDerivedType(typeof(RemoveExpert), "remove_expert")]
[JsonDerivedType(typeof(SetPhase), "set_phase")]
[JsonDerivedType(typeof(AddMember), "add_member")]
[JsonDerivedType(typeof(RevokeMember), "revoke_member")]
[JsonDerivedType(typeof(SetRoles), "set_roles")]
[JsonDerivedType(typeof(RotateKey), "rotate_key")]
[JsonDerivedType(typeof(AdmitNode), "admit_node")]
[JsonDerivedType(typeof(RemoveNode), "remove_node")]
[JsonDerivedType(typeof(SetPolicy), "set_policy")]
[JsonDerivedType(typeof(RevokeApiKey), "revoke_api_key")]
[JsonDerivedType(typeof(RestoreApiKey), "restore_api_key")]
[JsonDerivedType(typeof(SetRateLimit), "set_rate_limit")]
[JsonDerivedType(typeof(LiftDomain), "lift_domain")]
public abstract record Operation;

/// <summary>A text for people to use or not.</summary>
public sealed record SuggestText(string Text) : Operation;

/// <summary>Measures settings away from traffic: <c>k</c> and the kind of gate, which are what a router scores a text with.</summary>
public sealed record EvaluateRouting(EnsembleSettings Ensemble) : Operation
{
    /// <summary>Whether a score follows all of its settings: the others would be compared with themselves.</summary>
    internal bool IsMeasurable => Ensemble == new EnsembleSettings { K = Ensemble.K, Gate = Ensemble.Gate };
}

/// <summary>Changes the named settings of the token loop; null leaves one as it is.</summary>
public sealed record SetEnsemble(EnsembleSettings Ensemble) : Operation;

/// <summary>A gate file of the same experts.</summary>
/// <param name="Hash">SHA-256 of the artifact in hex; null goes back to the routers' own.</param>
/// <param name="Signature">A signer's note over <c>mesh-artifact/v1</c> and the hash, where the policy asks for it.</param>
public sealed record SetGate(string? Hash = null, string? Signature = null) : Operation;

public sealed record QuarantineExpert(ExpertId Expert, string Why) : Operation;

public sealed record ReleaseExpert(ExpertId Expert) : Operation;

public sealed record AdmitExpert(ExpertSpec Spec) : Operation;

public sealed record RemoveExpert(ExpertId Expert) : Operation;

public sealed record SetPhase(int Phase) : Operation;

public sealed record AddMember(Member Member) : Operation;

public sealed record RevokeMember(string Name) : Operation;

public sealed record SetRoles(string Name, IReadOnlyList<Role> Roles) : Operation
{
    public bool Equals(SetRoles? other) => other is not null && Name == other.Name && Roles.SequenceEqual(other.Roles);

    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);
}

/// <param name="Key">The member's new verifier key.</param>
public sealed record RotateKey(string Name, string Key) : Operation;

public sealed record AdmitNode(MeshNode Node) : Operation;

public sealed record RemoveNode(string Name) : Operation;

public sealed record SetPolicy(TierPolicy Policy) : Operation;

/// <summary>Closes the routers to an API key.</summary>
/// <param name="Key">Its name.</param>
public sealed record RevokeApiKey(string Key, string Why) : Operation;

public sealed record RestoreApiKey(string Key) : Operation;

/// <param name="PerMinute">Requests; 0 takes the governed limit away.</param>
/// <param name="Key">The API key's name; null: every caller that has no limit of its own.</param>
public sealed record SetRateLimit(int PerMinute, string? Key = null) : Operation;

public sealed record LiftDomain(Domain Domain) : Operation;
