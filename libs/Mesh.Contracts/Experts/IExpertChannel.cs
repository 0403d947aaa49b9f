using Mesh.Contracts.Steps;

namespace Mesh.Contracts.Experts;

/// <summary>
/// One expert as the token loop sees it, wherever it runs: in this process, behind its actor, or at the end of a direct stream.
/// Safe for concurrent use by many sessions; one session has at most one step in flight.
/// </summary>
public interface IExpertChannel
{
    ExpertId Expert { get; }

    /// <summary>
    /// Performs <paramref name="request"/> and fills <paramref name="reply"/>. Once the returned task has ended, however it ended, the channel
    /// touches neither object again; until then the caller must not change them. What the expert has to say (a lost cache, being busy, loading)
    /// is a <see cref="StepReply.Status"/>, not an exception. However slow an expert is, its step ends by its answer; the step of a dead one ends within
    /// seconds, as the channel notices by the missing signs of life.
    /// </summary>
    /// <exception cref="ExpertUnreachableException">Nobody answered: the host died, the stream broke, the actor has no host.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up. The expert may or may not have done the step.</exception>
    ValueTask StepAsync(StepRequest request, StepReply reply, CancellationToken cancellationToken);

    /// <summary>Tells the expert that a session has ended. Best effort, never throws, never blocks.</summary>
    void Release(SessionId session);
}

/// <summary>No answer from the expert: its host died, its stream broke or its actor has no host right now.</summary>
public sealed class ExpertUnreachableException(ExpertId expert, string reason, Exception? inner = null)
    : Exception($"Expert '{expert}' is unreachable: {reason}", inner)
{
    public ExpertId Expert { get; } = expert;

    /// <summary>The message without the expert's name.</summary>
    public string Reason { get; } = reason;
}
