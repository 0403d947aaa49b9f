using Mesh.Contracts.Experts;
using Mesh.Ensemble;
using Mesh.Ensemble.Gating;
using Mesh.Governance.Configurations;

namespace Router.Api.Governance.Routing;

/// <summary>Settings that a request names itself; they stay whatever people change meanwhile. Null is the mesh's.</summary>
internal sealed record EnsembleOverrides
{
    /// <summary>Those that people govern too; in range.</summary>
    public EnsembleSettings Settings { get; init; } = new();

    public int? SlideAnchor { get; init; }

    /// <summary>The only ones that may take part; null is all.</summary>
    public IReadOnlyList<ExpertId>? Experts { get; init; }

    /// <summary>The gate file it wants, of those that governance keeps.</summary>
    public string? GateHash { get; init; }

    /// <summary>That file, once it is here.</summary>
    public GateModel? Gate { get; init; }

    /// <summary>The request leaves everything to the mesh.</summary>
    public bool IsEmpty => this == new EnsembleOverrides();

    public EnsembleOptions Over(EnsembleOptions mesh) => GovernedOptions.Over(mesh, Settings, out _) with { SlideAnchor = SlideAnchor ?? mesh.SlideAnchor };
}
