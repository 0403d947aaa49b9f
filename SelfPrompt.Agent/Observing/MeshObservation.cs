using System.Text.Json.Serialization;
using Mesh.Contracts.Observations;
using Mesh.Governance.Configurations;
using Mesh.Governance.Operations;

namespace SelfPrompt.Agent.Observing;

/// <summary>What one run saw of the mesh; kept as an artifact, so that the run can be replayed. Texts in it are from outside.</summary>
/// <param name="At">When it was seen, unix ms.</param>
/// <param name="Configuration">What people govern, as it stood.</param>
/// <param name="Settings">What the router runs with, its own settings and the governed ones together.</param>
/// <param name="Experts">All that the router knows.</param>
/// <param name="Proposals">This agent's earlier proposals and how they ended.</param>
public sealed record MeshObservation(
    long At, MeshConfiguration Configuration, RunningSettings Settings, IReadOnlyList<SeenExpert> Experts, RouterObservations Router, IReadOnlyList<OwnProposal> Proposals);

/// <summary>As <c>/mesh/status</c> names them.</summary>
public sealed record RunningSettings(
    int K, int OverSelection, string Gate, string Mix, int Speculation, double EvidenceDecay, double EvidenceWeight, double DeadlineFactor, double MinimumDeadlineMs, double NegligibleWeight,
    double Hysteresis, int RefreshInterval)
{
    /// <summary>What ran, of the fields that <paramref name="set"/> sets: a null would leave the new value.</summary>
    public EnsembleSettings Before(EnsembleSettings set) => new()
    {
        K = set.K is null ? null : K,
        OverSelection = set.OverSelection is null ? null : OverSelection,
        Gate = set.Gate is null ? null : Gate,
        Mix = set.Mix is null ? null : Mix,
        EvidenceDecay = set.EvidenceDecay is null ? null : EvidenceDecay,
        EvidenceWeight = set.EvidenceWeight is null ? null : EvidenceWeight,
        DeadlineFactor = set.DeadlineFactor is null ? null : DeadlineFactor,
        MinimumDeadlineMs = set.MinimumDeadlineMs is null ? null : MinimumDeadlineMs,
        NegligibleWeight = set.NegligibleWeight is null ? null : NegligibleWeight,
        Hysteresis = set.Hysteresis is null ? null : Hysteresis,
        RefreshInterval = set.RefreshInterval is null ? null : RefreshInterval,
        Speculation = set.Speculation is null ? null : Speculation,
    };
}

/// <param name="State">As <c>/mesh/experts</c> names it: ready, starting, failed, offline, quarantined.</param>
/// <param name="Description">Its model card's words: from outside.</param>
/// <param name="TokensPerSecond">As measured when it was loaded; 0 while it is not.</param>
public sealed record SeenExpert(string Id, string State, string? Description, double TokensPerSecond = 0);

public sealed record OwnProposal(string Hash, string Status, Operation Operation, string? Outcome)
{
    /// <summary>Something may still come of it.</summary>
    [JsonIgnore]
    public bool IsOpen => Status is "open" or "deploying" || (Status == "approved" && Change.IsDeployable(Operation));
}
