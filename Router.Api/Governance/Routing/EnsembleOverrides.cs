using Mesh.Contracts.Experts;
using Mesh.Ensemble;

namespace Router.Api.Governance.Routing;

/// <summary>Settings that a request names itself; they stay whatever people change meanwhile. Null is the mesh's.</summary>
internal sealed record EnsembleOverrides
{
    public int? K { get; init; }
    public int? OverSelection { get; init; }
    public int? Speculation { get; init; }
    public int? SlideAnchor { get; init; }
    public GateKind? Gate { get; init; }
    public MixMode? Mix { get; init; }

    /// <summary>The only ones that may take part; null is all.</summary>
    public IReadOnlyList<ExpertId>? Experts { get; init; }

    /// <summary>The request leaves everything to the mesh.</summary>
    public bool IsEmpty => this == new EnsembleOverrides();

    public EnsembleOptions Over(EnsembleOptions mesh) => mesh with
    {
        K = K ?? mesh.K,
        OverSelection = OverSelection ?? mesh.OverSelection,
        Speculation = Speculation ?? mesh.Speculation,
        SlideAnchor = SlideAnchor ?? mesh.SlideAnchor,
        Gate = Gate ?? mesh.Gate,
        Mix = Mix ?? mesh.Mix,
    };
}
