using Mesh.Ensemble;
using Mesh.Ensemble.Gating;
using Mesh.Ensemble.Routing;
using Mesh.Governance.Phases;

namespace Router.Api.Governance.Routing;

/// <summary>What one session is answered with, and what a trace tells of it.</summary>
internal sealed record SessionSnapshot(EnsembleOptions Options, GateModel? Gate, long Version, Arm Arm, PhaseStatus Phase) : RoutingSnapshot(Options, Gate);
