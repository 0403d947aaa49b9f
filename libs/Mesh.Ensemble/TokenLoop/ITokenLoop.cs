using Mesh.Contracts.Experts;
using Mesh.Ensemble.Experts;
using Mesh.Ensemble.Routing;
using Mesh.Ensemble.Sampling;

namespace Mesh.Ensemble.TokenLoop;

/// <summary>Turns a prompt into tokens by asking K of N experts for every one of them. Safe for concurrent use.</summary>
public interface ITokenLoop
{
    /// <summary>
    /// The tokens of one completion, each as soon as it is chosen; the last event carries the <see cref="TokenEvent.Finish"/> reason.
    /// Cancelling frees the experts within one token.
    /// </summary>
    /// <exception cref="NoExpertException">None was left, also after <see cref="EnsembleOptions.NoExpertGrace"/>.</exception>
    /// <exception cref="ContextLengthException">The prompt does not fit the smallest context window of the experts that would answer.</exception>
    /// <exception cref="ConstraintException">The constraint of the request allows no token.</exception>
    /// <exception cref="ArgumentException">An empty prompt or a token outside the vocabulary.</exception>
    IAsyncEnumerable<TokenEvent> RunAsync(GenerationRequest request, CancellationToken cancellationToken = default);
}

/// <summary>What to generate.</summary>
public sealed record GenerationRequest
{
    /// <summary>The prompt's token ids, at least one.</summary>
    public required ReadOnlyMemory<int> Prompt { get; init; }

    public SamplingOptions Sampling { get; init; } = SamplingOptions.Default;

    /// <summary>Most tokens to generate, 1 or more; the context window may end it sooner.</summary>
    public int MaxTokens { get; init; } = 256;

    /// <summary>Tokens that end the text and are not part of it (the model's end-of-generation tokens).</summary>
    public required IReadOnlySet<int> EndTokens { get; init; }

    /// <summary>Ask this expert alone instead of the mixture.</summary>
    public ExpertId? Only { get; init; }

    /// <summary>
    /// What it is answered with, instead of what the token loop was made with. Looked at between tokens: what it says then holds for the rest of the answer,
    /// until it says something else.
    /// </summary>
    public IRoutingSource? Routing { get; init; }

    /// <summary>What the text must look like; a fresh one for every request.</summary>
    public ITokenConstraint? Constraint { get; init; }

    public IGenerationObserver? Observer { get; init; }

    /// <summary>Null: nothing but the experts holds it up.</summary>
    public IGenerationPace? Pace { get; init; }

    /// <summary>Attach a <see cref="TokenTrace"/> to every event.</summary>
    public bool Trace { get; init; }

    /// <summary>List this many most probable tokens of the mixture with every event; 0 to 20.</summary>
    public int TopLogProbabilities { get; init; }
}

public enum FinishReason
{
    None,
    /// <summary>An end token was chosen.</summary>
    Stop,
    /// <summary><see cref="GenerationRequest.MaxTokens"/> or the context window was reached.</summary>
    Length,
}

/// <summary>One chosen token.</summary>
/// <param name="Token">Its id; with <see cref="FinishReason.Stop"/> the end token, which is not part of the text.</param>
/// <param name="LogProbability">Natural log-probability under the mixture before temperature and truncation.</param>
/// <param name="Finish">Why this event is the last, or <see cref="FinishReason.None"/>. With Length this token is part of the text.</param>
/// <param name="Top">The mixture's most probable tokens, descending, when asked for.</param>
/// <param name="Trace">Who voted, when asked for.</param>
public readonly record struct TokenEvent(
    int Token, float LogProbability, FinishReason Finish, IReadOnlyList<TokenChance>? Top = null, TokenTrace? Trace = null);

public readonly record struct TokenChance(int Token, float LogProbability);

/// <summary>How one token came about.</summary>
/// <param name="Milliseconds">From the question to the choice.</param>
/// <param name="Votes">The experts that were asked, those that were left out included.</param>
/// <param name="Mode">"plain" or "speculative", or why speculation was not used.</param>
/// <param name="Routing">What held for it.</param>
public sealed record TokenTrace(double Milliseconds, IReadOnlyList<ExpertVote> Votes, string Mode, RoutingSnapshot? Routing = null);

/// <param name="Weight">Its share of the mixture, 0 to 1; 0 when it was left out.</param>
/// <param name="LogProbability">What it gave to the chosen token; null when it does not list it.</param>
/// <param name="Bytes">Of its answer on the wire.</param>
/// <param name="Dropped">Why its answer was not used (late, invalid, unreachable...), else null.</param>
public sealed record ExpertVote(ExpertId Expert, float Weight, float? LogProbability, double Milliseconds, int Bytes, string? Dropped);

public sealed class NoExpertException(string message) : Exception(message);

public sealed class ContextLengthException(int promptTokens, int limit)
    : Exception($"The prompt has {promptTokens} tokens; the smallest context window of the experts that would answer holds {limit}.")
{
    public int PromptTokens { get; } = promptTokens;
    public int Limit { get; } = limit;
}
