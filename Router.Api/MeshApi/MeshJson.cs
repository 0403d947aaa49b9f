using System.Text.Json;
using System.Text.Json.Serialization;
using Mesh.Contracts.Experts;
using Router.Api.Experts;

namespace Router.Api.MeshApi;

/// <summary>An expert as the mesh API shows it.</summary>
/// <param name="State">unknown, loading, ready, refused, draining, unreachable, or offline when people took it out.</param>
/// <param name="Reason">Why it does not answer, for people.</param>
/// <param name="Progress">Share of the model that is loaded, 0 to 1.</param>
/// <param name="Worker">The instance that hosts it.</param>
public sealed record ExpertView(string Id, string State, string? Reason, float Progress, string? Worker, int ActiveSessions, ModelView? Model)
{
    internal static ExpertView Of(ExpertStatus status, IExpertDirectory experts)
    {
        var offline = experts.IsOffline(status.Id);
        return new(
            status.Id.Value, offline ? "offline" : status.State.ToString().ToLowerInvariant(), offline ? "Taken offline by hand." : status.Reason,
            status.Progress, status.Worker, status.ActiveSessions, status.Model is { } card ? ModelView.Of(card) : null);
    }
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
    string Status, int ExpertsReady, int ExpertsKnown, int Running, int Waiting, int MaxConcurrent, int MaxQueued, long UptimeSeconds, string? TokenizerFingerprint, EnsembleView Ensemble);

/// <summary>How experts are chosen and mixed unless a request says otherwise.</summary>
public sealed record EnsembleView(int K, int OverSelection, string Gate, string Mix, int Speculation);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ExpertList))]
[JsonSerializable(typeof(MeshStatus))]
internal sealed partial class MeshJson : JsonSerializerContext;
