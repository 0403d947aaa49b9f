using Mesh.Contracts.Experts;
using Mesh.Ensemble;
using Mesh.Ensemble.Gating;
using Mesh.Ensemble.Routing;
using Mesh.Governance.Configurations;

namespace Router.Api.Governance.Routing;

/// <summary>What this router answers with now: one version of the configuration, as far as what it names is here.</summary>
/// <param name="Version">0 where nobody governs.</param>
/// <param name="Control">What sessions are answered with.</param>
/// <param name="Candidate">What those that the canary takes are answered with; null while there is no canary, or what it needs is not here yet.</param>
/// <param name="Thresholds">Least experts online of the phases 1, 2 and 3.</param>
internal sealed record MeshRouting(long Version, ArmRouting Control, ArmRouting? Candidate, CanarySettings? Canary, IReadOnlyList<int> Thresholds)
{
    public ArmRouting Of(Arm arm) => arm == Arm.Candidate ? Candidate ?? Control : Control;

    /// <summary>Which side a session is on that begins now.</summary>
    /// <param name="online">A candidate is not tried before the experts that it brings are there.</param>
    public Arm ArmOf(string session, Func<ExpertId, bool> online) => Candidate is not null && Candidate.Brings.All(online) && Canary!.Takes(session) ? Arm.Candidate : Arm.Control;
}

/// <summary>One side's settings.</summary>
/// <param name="Brings">Experts that the other side has not.</param>
internal sealed record ArmRouting(EnsembleOptions Options, GateModel? Gate, ExpertFilter Experts, int? Phase, IReadOnlyList<ExpertId> Brings);

internal enum Arm
{
    Control,
    Candidate,
}
