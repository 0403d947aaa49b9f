namespace Mesh.Governance.Phases;

/// <summary>What a mesh may do with the experts that are online.</summary>
/// <param name="Configured">What people decided; null: the phases are not in use.</param>
/// <param name="Effective">What the router does: the configured one, or 0, its best single expert.</param>
/// <param name="Needed">Experts that the configured phase takes.</param>
/// <param name="Present">Experts online.</param>
public sealed record PhaseStatus(int? Configured, int? Effective, int Needed, int Present)
{
    public bool IsDegraded => Present < Needed;

    /// <summary>For people and for <c>/health</c>.</summary>
    public string? Reason => IsDegraded ? $"Phase {Configured} needs {Needed} experts online, {Present} are: the best single expert answers." : null;
}

/// <summary>The phases of a mesh: 0 one expert alone, 1 uniform weights, 2 the learned gate, 3 the learned gate that goes on learning.</summary>
public static class PhaseTable
{
    public const int Last = 3;

    /// <param name="thresholds">Least experts online of the phases 1 to <see cref="Last"/>.</param>
    public static PhaseStatus Of(int? phase, IReadOnlyList<int> thresholds, int online)
    {
        var needed = phase is > 0 ? thresholds[phase.Value - 1] : 0;
        return new(phase, online < needed ? 0 : phase, needed, online);
    }
}
