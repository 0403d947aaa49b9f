using System.Text.Json.Serialization;

namespace Mesh.Governance.Tiers;

/// <summary>How much an act can break; unknown is the highest.</summary>
public enum Tier
{
    ReadOnly,
    Suggest,
    SandboxTest,
    DeployMinor,
    DeployMajor,
}

/// <summary>What people fixed about their own rules.</summary>
public sealed record TierPolicy
{
    /// <summary>Approvals that a minor deployment needs, of the approvers who did not propose it; 1 or more.</summary>
    [JsonRequired]
    public int MinorApprovals { get; init; } = 2;

    /// <summary>How long a major deployment is reviewed, at least, before approvals take effect, in seconds.</summary>
    [JsonRequired]
    public double MajorReviewSeconds { get; init; } = 24 * 3600;

    /// <summary>Share of the sessions in a canary, above 0 to 1.</summary>
    [JsonRequired]
    public double CanaryShare { get; init; } = 0.01;

    /// <summary>Least sessions on either side before a canary is judged.</summary>
    [JsonRequired]
    public int CanarySessions { get; init; } = 30;

    /// <summary>Longest a canary waits for them, in seconds; then it is undone.</summary>
    [JsonRequired]
    public double CanarySeconds { get; init; } = 3600;

    /// <summary>Whether a gate file needs a signer's signature.</summary>
    [JsonRequired]
    public bool SignedArtifacts { get; init; }

    /// <summary>Least experts online of the phases 1, 2 and 3.</summary>
    [JsonRequired]
    public IReadOnlyList<int> PhaseThresholds { get; init; } = [280, 1000, 5000];

    /// <summary>Whether experts are registered by proposal only, or by whoever may call the router.</summary>
    [JsonRequired]
    public bool GovernedRegistration { get; init; } = true;

    /// <summary>f: how many witnesses may lie, sign two heads of one size, without two of them ever being committed; the others may only be down or cut off. 0 to two less than there are witnesses.</summary>
    [JsonRequired]
    public int WitnessLiars { get; init; }

    public bool Equals(TierPolicy? other) => other is not null &&
        (MinorApprovals, MajorReviewSeconds, CanaryShare, CanarySessions, CanarySeconds, SignedArtifacts, GovernedRegistration, WitnessLiars) ==
        (other.MinorApprovals, other.MajorReviewSeconds, other.CanaryShare, other.CanarySessions, other.CanarySeconds, other.SignedArtifacts, other.GovernedRegistration, other.WitnessLiars) &&
        PhaseThresholds.SequenceEqual(other.PhaseThresholds);

    public override int GetHashCode() => HashCode.Combine(MinorApprovals, MajorReviewSeconds, CanaryShare, CanarySessions, CanarySeconds);
}
