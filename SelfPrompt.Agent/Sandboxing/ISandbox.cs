using System.Text.Json;

namespace SelfPrompt.Agent.Sandboxing;

/// <summary>Tries settings away from traffic: through the router as background work, within the run's budget. Every call passes the policy.</summary>
internal interface ISandbox
{
    /// <summary>Log-probability of each token of a text but the first, with these settings instead of the mesh's (a request's <c>mesh</c> object; null: the mesh's own), or by one expert alone.</summary>
    /// <param name="expert">Null: the mixture.</param>
    /// <returns>Empty when the text has no scores: it is more than the mesh reads, or the expert is away.</returns>
    /// <exception cref="BudgetSpentException">Nothing more may be asked in this run.</exception>
    Task<double[]> ScoreAsync(string text, JsonElement? settings, string? expert, CancellationToken cancellationToken);

    /// <summary>The ids of a text's tokens, as many as <see cref="ScoreAsync"/> has scores and the first.</summary>
    Task<SandboxTokens> TokenizeAsync(string text, CancellationToken cancellationToken);

    /// <summary>An answer, with the milliseconds of each of its tokens; the same seed and settings give the same text as far as the mesh is deterministic.</summary>
    /// <returns>Null when the prompt has none: it is more than the mesh reads.</returns>
    Task<SandboxAnswer?> AskAsync(string prompt, int mostTokens, long seed, JsonElement? settings, CancellationToken cancellationToken);

    /// <summary>Before work of the agent's own, which asks nothing of the mesh for a while: whether it may go on.</summary>
    Task CheckAsync(CancellationToken cancellationToken);

    /// <summary>Keeps bytes with governance by their SHA-256.</summary>
    /// <returns>The hash in hex.</returns>
    Task<string> KeepAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>What was kept; null when there is no such artifact.</summary>
    Task<byte[]?> FindAsync(string hash, CancellationToken cancellationToken);
}

/// <param name="LogProbability">Mean over its tokens, nats.</param>
/// <param name="Milliseconds">Of each token, the first one's with the prompt.</param>
/// <param name="Asked">Experts' answers that were asked for, over all tokens.</param>
/// <param name="Dropped">Of those, the ones that the tokens were drawn without.</param>
internal sealed record SandboxAnswer(string Text, double LogProbability, IReadOnlyList<double> Milliseconds, int Asked, int Dropped);

/// <param name="Tokenizer">The fingerprint that a gate file names.</param>
internal sealed record SandboxTokens(int[] Tokens, string Tokenizer, int VocabularySize);

/// <summary>A run may ask so much and no more.</summary>
public sealed class BudgetSpentException(string message) : Exception(message);
