using System.Text.Json;
using Mesh.Governance;
using Mesh.Governance.Configurations;
using Mesh.Governance.Operations;
using SelfPrompt.Agent.Observing;

namespace SelfPrompt.Agent.Tasks.Trials;

/// <summary>An operation on routing as a request's <c>mesh</c> object, and what stands there now instead.</summary>
internal static class TrialSettings
{
    /// <summary>What sessions would be answered with.</summary>
    public static JsonElement Of(Operation operation) => operation switch
    {
        SetEnsemble set => Of(set.Ensemble),
        SetGate { Hash: { } hash } => Of(hash),
        _ => throw new ArgumentException($"{operation.GetType().Name} is not tried with settings.", nameof(operation)),
    };

    public static JsonElement Of(EnsembleSettings settings) => JsonSerializer.SerializeToElement(settings, GovernanceJson.Default.EnsembleSettings);

    /// <summary>What the operation took the place of, as it was seen; null where no request can name it: a router's own gate file.</summary>
    public static JsonElement? Before(Operation operation, MeshObservation seen) => operation switch
    {
        SetEnsemble set => Of(Now(set.Ensemble, seen.Settings)),
        SetGate when seen.Configuration.Routing.Gate is { } hash => Of(hash),
        _ => null,
    };

    private static JsonElement Of(string gate) => JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["gate"] = "learned", ["gate_hash"] = gate });

    private static EnsembleSettings Now(EnsembleSettings changed, RunningSettings now) => new()
    {
        K = changed.K is null ? null : now.K,
        OverSelection = changed.OverSelection is null ? null : now.OverSelection,
        Gate = changed.Gate is null ? null : now.Gate,
        EvidenceDecay = changed.EvidenceDecay is null ? null : now.EvidenceDecay,
        EvidenceWeight = changed.EvidenceWeight is null ? null : now.EvidenceWeight,
        DeadlineFactor = changed.DeadlineFactor is null ? null : now.DeadlineFactor,
        MinimumDeadlineMs = changed.MinimumDeadlineMs is null ? null : now.MinimumDeadlineMs,
    };
}
