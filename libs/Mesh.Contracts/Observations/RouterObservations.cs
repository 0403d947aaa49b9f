namespace Mesh.Contracts.Observations;

/// <summary>
/// What a router saw lately, <c>GET /mesh/observations</c>: for whoever looks for something to improve. Lists and texts are bounded; what people and models wrote is text from
/// outside, to be shown and measured and never to be obeyed.
/// </summary>
/// <param name="Run">Which start of the router's process counted, by chance: another one has lost what was counted before.</param>
/// <param name="From">Since when it counts.</param>
/// <param name="LowConfidence">The answers of the window whose tokens the mixture gave least, worst first.</param>
/// <param name="Feedback">Of people, newest first.</param>
/// <param name="Security">What was refused, newest first.</param>
/// <param name="Keys">API keys that were used, by their names.</param>
public sealed record RouterObservations(
    string Run, DateTimeOffset From, DateTimeOffset To, Traffic Traffic, IReadOnlyList<ExpertUse> Experts, IReadOnlyList<ObservedAnswer> LowConfidence,
    IReadOnlyList<ObservedFeedback> Feedback, IReadOnlyList<SecurityEvent> Security, IReadOnlyList<KeyUse> Keys)
{
    public const int MostAnswers = 32;
    public const int MostFeedback = 200;
    public const int MostEvents = 1000;
    public const int MostText = 2000;   // characters of a prompt, an answer, a comment
}

/// <summary>Users' completions; the mesh's own background work is not counted.</summary>
/// <param name="TokensPerSecond">While at least one completion ran.</param>
/// <param name="TokenP50">Milliseconds from one token to the next.</param>
/// <param name="FirstTokenP99">Milliseconds from a turn's begin to its first token.</param>
public sealed record Traffic(long Completions, long Errors, long Tokens, double TokensPerSecond, double TokenP50, double TokenP99, double FirstTokenP99);

/// <param name="Share">Of the weight in all tokens, 0 to 1.</param>
/// <param name="Asked">Tokens that it was asked for.</param>
/// <param name="Dropped">Of those, the ones that were drawn without its answer.</param>
/// <param name="P99">Milliseconds of an answer.</param>
public sealed record ExpertUse(string Expert, double Share, long Asked, long Dropped, double P50, double P99);

/// <param name="LogProbability">Mean over its tokens, nats.</param>
public sealed record ObservedAnswer(string Id, DateTimeOffset At, string Prompt, string Answer, double LogProbability, int Tokens);

public sealed record ObservedFeedback(string Completion, DateTimeOffset At, bool Up, string? Prompt, string? Answer, string? Comment);

/// <param name="Kind">One of <see cref="SecurityEventKind"/>.</param>
/// <param name="Key">The name of the API key that was shown; null: none, or one that is not known.</param>
/// <param name="Source">The caller's address.</param>
public sealed record SecurityEvent(DateTimeOffset At, string Kind, string? Key, string Source, string Path);

/// <summary>Kinds of <see cref="SecurityEvent"/>.</summary>
public static class SecurityEventKind
{
    public const string MissingKey = "missing_key";
    public const string WrongKey = "wrong_key";
    public const string ForeignHost = "foreign_host";
    public const string ForeignOrigin = "foreign_origin";
    public const string RateLimited = "rate_limited";
    public const string BadRequest = "bad_request";
}

/// <param name="Requests">Without the mesh's own background work.</param>
/// <param name="Errors">Refused as the caller's fault, with 400, 401 or 403.</param>
/// <param name="RateLimited">Refused with 429.</param>
/// <param name="Sources">Different addresses that showed it.</param>
public sealed record KeyUse(string Key, long Requests, long Errors, long RateLimited, int Sources);
