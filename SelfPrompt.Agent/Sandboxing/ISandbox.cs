using System.Text.Json;

namespace SelfPrompt.Agent.Sandboxing;

/// <summary>Tries settings away from traffic: through the router as background work, within the run's budget. Every call passes the policy.</summary>
internal interface ISandbox
{
    /// <summary>Log-probability of each token of a text but the first, with these settings instead of the mesh's (a request's <c>mesh</c> object; null: the mesh's own), or by one expert alone.</summary>
    /// <param name="expert">Null: the mixture.</param>
    /// <exception cref="BudgetSpentException">Nothing more may be asked in this run.</exception>
    Task<double[]> ScoreAsync(string text, JsonElement? settings, string? expert, CancellationToken cancellationToken);

    /// <summary>An answer, with the milliseconds of each of its tokens.</summary>
    Task<SandboxAnswer> AskAsync(string prompt, int mostTokens, long seed, JsonElement? settings, CancellationToken cancellationToken);

    /// <summary>Keeps bytes with governance by their SHA-256.</summary>
    /// <returns>The hash in hex.</returns>
    Task<string> KeepAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>What was kept; null when there is no such artifact.</summary>
    Task<byte[]?> FindAsync(string hash, CancellationToken cancellationToken);
}

/// <param name="Milliseconds">Of each token, the first one's with the prompt.</param>
internal sealed record SandboxAnswer(string Text, double LogProbability, IReadOnlyList<double> Milliseconds);

/// <summary>A run may ask so much and no more.</summary>
public sealed class BudgetSpentException(string message) : Exception(message);
