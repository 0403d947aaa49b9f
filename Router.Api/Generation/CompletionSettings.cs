using Mesh.Contracts.Experts;
using Mesh.Ensemble.Sampling;
using Router.Api.Constraints;
using Router.Api.Governance.Routing;
using Router.Api.Tools;

namespace Router.Api.Generation;

/// <summary>What chat and text completions have in common, read and checked.</summary>
internal sealed record CompletionSettings
{
    /// <summary>The name that was asked for and that the answer repeats.</summary>
    public required string Model { get; init; }

    /// <summary>The expert of that name, or null for the mixture.</summary>
    public ExpertId? Only { get; init; }

    public bool Stream { get; init; }
    public bool IncludeUsage { get; init; }
    public int Choices { get; init; } = 1;

    /// <summary>Answers generated for each prompt, of which <see cref="Choices"/> are sent.</summary>
    public int Candidates { get; init; } = 1;

    public int? MaxTokens { get; init; }
    public required SamplingOptions Sampling { get; init; }

    /// <summary>UTF-8.</summary>
    public IReadOnlyList<byte[]> Stops { get; init; } = [];

    /// <summary>Most probable tokens to list with each token; null lists no log-probabilities at all.</summary>
    public int? LogProbabilities { get; init; }

    /// <summary>Repeat the prompt before the answer; then an answer may have no tokens of its own.</summary>
    public bool Echo { get; init; }

    /// <summary>What the answer must look like; null for free text.</summary>
    public Rule? Grammar { get; init; }

    public ToolSet? Tools { get; init; }

    public bool Trace { get; init; }

    /// <summary>The mesh's own work, which users do not wait for.</summary>
    public bool Background { get; init; }

    public EnsembleOverrides? Ensemble { get; init; }

    /// <summary>Whose sessions these are, where the request says it.</summary>
    public string? User { get; init; }
}
