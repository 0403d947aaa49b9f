using System.Text.Json;
using System.Text.Json.Serialization;
using Mesh.Contracts.Experts;
using Mesh.Governance.Acts;
using Mesh.Governance.Http;
using Mesh.Governance.Canaries;
using Router.Api.Experts;
using Router.Api.Governance.Routing;

namespace Router.Api.MeshApi;

/// <summary>An expert as the mesh API shows it.</summary>
/// <param name="State">unknown, loading, ready, refused, draining, unreachable, offline when somebody took it out, quarantined when people decided it, canary while it is only tried, or halted while it is loaded and the mesh may not speak.</param>
/// <param name="Reason">Why it does not answer, for people.</param>
/// <param name="Progress">Share of the model that is loaded, 0 to 1.</param>
/// <param name="Worker">The instance that hosts it.</param>
/// <param name="Alignment">Null where its batches are not aligned.</param>
public sealed record ExpertView(string Id, string State, string? Reason, float Progress, string? Worker, int ActiveSessions, ModelView? Model, Alignment? Alignment)
{
    internal static ExpertView Of(ExpertStatus status, IExpertDirectory experts, RoutingSource routing, IMeshNode node)
    {
        var (state, reason) = experts.IsOffline(status.Id) ? ("offline", "Taken offline by hand.")
            : !node.MaySpeak && IsLoaded(status) ? ("halted", node.IsHalted ? "The mesh is halted; it stays loaded." : "This router has lost its lease; it stays loaded.")
            : status.State == ExpertState.Ready && !routing.Current.Control.Experts.Admits(status.Id)
            ? routing.Current.Candidate?.Brings.Contains(status.Id) == true ? ("canary", "Only the sessions of a canary have it.") : ("quarantined", "People took it out of every mixture; it stays loaded.")
            : (status.State.ToString().ToLowerInvariant(), status.Reason);
        return new(
            status.Id.Value, state, reason,
            status.Progress, status.Worker, status.ActiveSessions, status.Model is { } card ? ModelView.Of(card) : null, status.Alignment);
    }

    /// <summary>A loaded one that is not connected has all of its model, and waits.</summary>
    private static bool IsLoaded(ExpertStatus status) => status.State == ExpertState.Ready || status is { State: ExpertState.Loading, Progress: 1 };
}

/// <param name="Parameters">Number of weights.</param>
/// <param name="MemoryBytes">Weights and cache.</param>
/// <param name="TokensPerSecond">Measured when it was loaded, one session.</param>
public sealed record ModelView(
    string Name, string TokenizerFingerprint, int VocabularySize, int ContextLength, long Parameters, long MemoryBytes,
    float TokensPerSecond, float PromptTokensPerSecond, int Threads, string? Description)
{
    internal static ModelView Of(ModelCard card) => new(
        card.Name, card.TokenizerFingerprint, card.VocabularySize, card.ContextLength, card.Parameters, card.MemoryBytes,
        card.TokensPerSecond, card.PromptTokensPerSecond, card.Threads, card.Description);
}

public sealed record ExpertList(IReadOnlyList<ExpertView> Experts);

/// <param name="Status">ready, or waiting while no expert is ready.</param>
/// <param name="Running">Completions being generated.</param>
/// <param name="Waiting">Completions in the queue.</param>
public sealed record MeshStatus(
    string Status, int ExpertsReady, int ExpertsKnown, int Running, int Waiting, int MaxConcurrent, int MaxQueued, long UptimeSeconds, string? TokenizerFingerprint, EnsembleView Ensemble,
    GovernanceView Governance);

/// <summary>How experts are chosen and mixed unless a request says otherwise.</summary>
public sealed record EnsembleView(
    int K, int OverSelection, string Gate, string Mix, int Speculation, double EvidenceDecay, double EvidenceWeight, double DeadlineFactor, double MinimumDeadlineMs, double NegligibleWeight,
    double Hysteresis, int RefreshInterval, double Fatigue, double Exploration);

/// <summary>What people decided, and how this router stands to it.</summary>
/// <param name="Mesh">Its name, where there is a genesis.</param>
/// <param name="Configuration">The version that runs.</param>
/// <param name="Fault">Why a newer one, or its candidate, does not.</param>
/// <param name="Lease">held, lost or none.</param>
/// <param name="Halts">The ids of those in force.</param>
public sealed record GovernanceView(
    bool Enabled, string? Mesh, long Configuration, string? Fault, string Lease, bool Halted, IReadOnlyList<HaltView> Halts, PhaseView Phase, CanaryView? Canary);

/// <summary>A halt in force.</summary>
/// <param name="Requester">Null while this router has not its note.</param>
/// <param name="Time">Unix seconds, as its requester says.</param>
public sealed record HaltView(string Id, string? Requester, string? Reason, long? Time)
{
    internal static IReadOnlyList<HaltView> Of(IMeshNode node)
    {
        var orders = node.Acts.Halts.Select(SignedAct.Parse<HaltOrder>).ToDictionary(h => h.Hash, h => h.Act);
        return [.. node.Halts.Select(id => orders.GetValueOrDefault(id) is { } act ? new HaltView(id, act.Requester, act.Reason, act.Time) : new HaltView(id, null, null, null))];
    }
}

/// <param name="Set">What people decided: 0 one expert alone, 1 uniform weights, 2 the learned gate, 3 the learned gate that goes on learning; null: not in use.</param>
/// <param name="Degraded">Too few experts are online, so that the best one answers alone.</param>
public sealed record PhaseView(int? Set, int? Effective, bool Degraded, int ExpertsOnline, int Needed);

/// <param name="Tried">Whether its candidate is in use here.</param>
/// <param name="Report">Both sides, as far as this router measured them.</param>
public sealed record CanaryView(string Proposal, double Share, bool Tried, CanaryReport? Report);

[JsonSourceGenerationOptions(IgnoreReadOnlyProperties = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ExpertList))]
[JsonSerializable(typeof(MeshStatus))]
internal sealed partial class MeshJson : JsonSerializerContext;
