using System.Collections.Frozen;
using Mesh.Contracts.Experts;

namespace Mesh.Ensemble.Routing;

/// <summary>Which experts may take part in a session.</summary>
public sealed class ExpertFilter
{
    private readonly FrozenSet<ExpertId>? _allowed;
    private readonly FrozenSet<ExpertId> _excluded;

    /// <param name="allowed">Null: all of them.</param>
    /// <param name="excluded">Also when they are allowed.</param>
    public ExpertFilter(IEnumerable<ExpertId>? allowed, IEnumerable<ExpertId>? excluded = null) =>
        (_allowed, _excluded) = (allowed?.ToFrozenSet(), (excluded ?? []).ToFrozenSet());

    public static ExpertFilter All { get; } = new(null);

    public bool Admits(ExpertId expert) => _allowed?.Contains(expert) != false && !_excluded.Contains(expert);

    /// <summary>What both admit.</summary>
    public ExpertFilter And(ExpertFilter other) => new(
        _allowed is null ? other._allowed : other._allowed is null ? _allowed : _allowed.Intersect(other._allowed), _excluded.Union(other._excluded));
}
