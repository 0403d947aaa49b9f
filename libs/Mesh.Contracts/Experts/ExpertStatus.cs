using System.Text.Json.Serialization;

namespace Mesh.Contracts.Experts;

/// <summary>Where an expert is in its life. The names are the wire format.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ExpertState>))]
public enum ExpertState
{
    /// <summary>No specification was given yet.</summary>
    Unknown,
    Loading,
    Ready,
    /// <summary>It cannot run here, for the reason given: missing or corrupt file, wrong tokenizer, over the memory budget.</summary>
    Refused,
    /// <summary>Its worker is stopping: it answers what it has begun and takes nothing new.</summary>
    Draining,
    /// <summary>Nobody hosts it right now.</summary>
    Unreachable,
}

/// <summary>What an expert says of itself when asked: its registration.</summary>
public sealed record ExpertStatus
{
    public required ExpertId Id { get; init; }
    public required ExpertState State { get; init; }

    /// <summary>Why it is refused or unreachable, for people.</summary>
    public string? Reason { get; init; }

    /// <summary>Share of the model file that is loaded, 0 to 1, while <see cref="ExpertState.Loading"/>.</summary>
    public float Progress { get; init; }

    /// <summary>Set once the model is loaded.</summary>
    public ModelCard? Model { get; init; }

    /// <summary>The worker that hosts it, for people: instance name.</summary>
    public string? Worker { get; init; }

    /// <summary>Where its direct stream is served (an absolute http URL, HTTP/2 without TLS on loopback), if at all.</summary>
    public string? StreamUrl { get; init; }

    public int ActiveSessions { get; init; }

    /// <summary>Null where its batches are not aligned.</summary>
    public Alignment? Alignment { get; init; }
}

/// <summary>Facts of a loaded model.</summary>
public sealed record ModelCard
{
    public required string Name { get; init; }
    public required string ModelPath { get; init; }

    /// <summary>SHA-256, lower-case hex, over the ordered vocabulary, its merges and special ids.</summary>
    public required string TokenizerFingerprint { get; init; }

    public required int VocabularySize { get; init; }

    /// <summary>Tokens one session may hold.</summary>
    public required int ContextLength { get; init; }

    public required long Parameters { get; init; }

    /// <summary>Bytes of weights and K/V cache.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Single-session decode speed measured at load, tokens per second.</summary>
    public required float TokensPerSecond { get; init; }

    /// <summary>Prompt speed measured at load, tokens per second.</summary>
    public required float PromptTokensPerSecond { get; init; }

    public int Threads { get; init; }
    public string? Description { get; init; }
}

/// <summary>Leave to open a direct stream: granted by the actor, checked by the worker that hosts it.</summary>
/// <param name="StreamUrl">Absolute URL of the worker's stream endpoint for this expert.</param>
/// <param name="Ticket">Opaque, signed, short-lived.</param>
/// <param name="ExpiresAt">After this moment the ticket opens no new stream; a stream already open goes on.</param>
public sealed record StreamAdmission(string StreamUrl, string Ticket, DateTimeOffset ExpiresAt);
