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

    /// <summary>
    /// What the operation took the place of, as it was seen; null where no request can bring it back: a router's own gate file, a mix that gives texts no scores, drafts that change no answer.
    /// </summary>
    public static JsonElement? Before(Operation operation, MeshObservation seen) => operation switch
    {
        SetEnsemble { Ensemble: { Mix: null, Speculation: null } set } => Of(seen.Settings.Before(set)),
        SetGate when seen.Configuration.Routing.Gate is { } hash => Of(hash),
        _ => null,
    };

    /// <summary>For people: that what was promised can not be measured once it is applied; empty where it can.</summary>
    public static string Afterwards(Operation operation, MeshObservation seen) =>
        Before(operation, seen) is null ? " Once it is applied nobody can measure it: no request can ask for what was before." : "";

    private static JsonElement Of(string gate) => JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["gate"] = "learned", ["gate_hash"] = gate });
}
