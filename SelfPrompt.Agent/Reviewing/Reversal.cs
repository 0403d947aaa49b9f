using Mesh.Governance.Operations;
using SelfPrompt.Agent.Observing;

namespace SelfPrompt.Agent.Reviewing;

/// <summary>The operation that takes another back, given what was there before.</summary>
internal static class Reversal
{
    /// <summary>Null: it cannot be taken back by one operation, or there is nothing to take back.</summary>
    public static Operation? Of(Operation operation, MeshObservation before) => operation switch
    {
        SetEnsemble(var set) => new SetEnsemble(before.Settings.Before(set)),
        SetGate => new SetGate(before.Configuration.Routing.Gate),
        QuarantineExpert(var expert, _) => new ReleaseExpert(expert),
        _ => null,
    };
}
