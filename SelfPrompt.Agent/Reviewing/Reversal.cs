using Mesh.Governance.Configurations;
using Mesh.Governance.Operations;
using SelfPrompt.Agent.Observing;

namespace SelfPrompt.Agent.Reviewing;

/// <summary>The operation that takes another back, given what was there before.</summary>
internal static class Reversal
{
    /// <summary>Null: it cannot be taken back by one operation, or there is nothing to take back.</summary>
    public static Operation? Of(Operation operation, MeshObservation before) => operation switch
    {
        SetEnsemble(var set) => new SetEnsemble(Before(set, before.Settings)),
        SetGate => new SetGate(before.Configuration.Routing.Gate),
        QuarantineExpert(var expert, _) => new ReleaseExpert(expert),
        _ => null,
    };

    /// <summary>What was set before, of the same fields: a null would leave the new value.</summary>
    private static EnsembleSettings Before(EnsembleSettings set, RunningSettings was) => new()
    {
        K = set.K is null ? null : was.K,
        OverSelection = set.OverSelection is null ? null : was.OverSelection,
        Gate = set.Gate is null ? null : was.Gate,
        Mix = set.Mix is null ? null : was.Mix,
        EvidenceDecay = set.EvidenceDecay is null ? null : was.EvidenceDecay,
        EvidenceWeight = set.EvidenceWeight is null ? null : was.EvidenceWeight,
        DeadlineFactor = set.DeadlineFactor is null ? null : was.DeadlineFactor,
        MinimumDeadlineMs = set.MinimumDeadlineMs is null ? null : was.MinimumDeadlineMs,
        NegligibleWeight = set.NegligibleWeight is null ? null : was.NegligibleWeight,
        Hysteresis = set.Hysteresis is null ? null : was.Hysteresis,
        RefreshInterval = set.RefreshInterval is null ? null : was.RefreshInterval,
        Speculation = set.Speculation is null ? null : was.Speculation,
    };
}
