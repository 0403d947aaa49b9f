using Mesh.Contracts.Experts;
using Mesh.Governance.Configurations;

namespace Mesh.Governance.Operations;

/// <summary>Operations on what sessions are answered with.</summary>
internal static class RoutingChanges
{
    private const int MostWhy = 2000;

    /// <summary>A quarantine holds for the sessions of a canary too; every other operation is tried on a routing of its own.</summary>
    public static MeshConfiguration Apply(Operation operation, MeshConfiguration before) => before with
    {
        Routing = Apply(operation, before.Routing),
        Canary = operation is QuarantineExpert quarantine && before.Canary is { } canary && !canary.Routing.Experts.Quarantined.Contains(quarantine.Expert)
            ? canary with { Routing = Apply(operation, canary.Routing) }
            : before.Canary,
    };

    public static RoutingSettings Apply(Operation operation, RoutingSettings before) => operation switch
    {
        SetEnsemble set => before with { Ensemble = Merged(before.Ensemble, set.Ensemble) },
        SetGate set => before with { Gate = set.Hash },
        SetPhase set => before with { Phase = set.Phase },
        _ => before with { Experts = Apply(operation, before.Experts) },
    };

    private static ExpertSettings Apply(Operation operation, ExpertSettings before)
    {
        switch (operation)
        {
            case QuarantineExpert(var expert, var why):
                Change.Require(why.Length is > 0 and <= MostWhy, $"Why an expert is quarantined has 1 to {MostWhy} characters.");
                Change.Require(!before.Quarantined.Contains(expert), $"The expert '{expert}' is in quarantine already.");
                return before with { Quarantined = [.. before.Quarantined, expert] };
            case ReleaseExpert(var expert):
                Change.Require(before.Quarantined.Contains(expert), $"The expert '{expert}' is not in quarantine.");
                return before with { Quarantined = Without(before.Quarantined, expert) };
            case AdmitExpert(var spec):
                Change.Require(spec.Adapters is not null, "The adapters of an expert are a list.");
                return before with { Admitted = [.. before.Admitted.Where(e => e.Id != spec.Id), spec], Removed = Without(before.Removed, spec.Id) };
            case RemoveExpert(var expert):
                Change.Require(!before.Removed.Contains(expert), $"The expert '{expert}' is removed already.");
                return before with { Admitted = [.. before.Admitted.Where(e => e.Id != expert)], Removed = [.. before.Removed, expert] };
            default:
                throw new ArgumentException($"{operation.GetType().Name} is no operation on routing.", nameof(operation));
        }
    }

    private static EnsembleSettings Merged(EnsembleSettings before, EnsembleSettings set)
    {
        Change.Require(set != new EnsembleSettings(), "It names no setting.");
        return new()
        {
            K = set.K ?? before.K,
            OverSelection = set.OverSelection ?? before.OverSelection,
            Gate = set.Gate ?? before.Gate,
            Mix = set.Mix ?? before.Mix,
            EvidenceDecay = set.EvidenceDecay ?? before.EvidenceDecay,
            EvidenceWeight = set.EvidenceWeight ?? before.EvidenceWeight,
            DeadlineFactor = set.DeadlineFactor ?? before.DeadlineFactor,
            MinimumDeadlineMs = set.MinimumDeadlineMs ?? before.MinimumDeadlineMs,
            NegligibleWeight = set.NegligibleWeight ?? before.NegligibleWeight,
            Hysteresis = set.Hysteresis ?? before.Hysteresis,
            RefreshInterval = set.RefreshInterval ?? before.RefreshInterval,
            Speculation = set.Speculation ?? before.Speculation,
        };
    }

    private static IReadOnlyList<ExpertId> Without(IReadOnlyList<ExpertId> list, ExpertId expert) => [.. list.Where(e => e != expert)];
}
