using Mesh.Contracts.Steps;

namespace Mesh.Ensemble.Mixing;

/// <summary>
/// What must hold of an expert's answer before it may touch the mixture. Nothing an expert says is trusted: what fails here is dropped whole, so a
/// broken or hostile expert can lower the quality of a text only through distributions that are well formed.
/// </summary>
public static class AnswerCheck
{
    /// <summary>By how much the listed and tail mass may exceed 1: 8-bit log-probabilities are off by up to <see cref="SparseCodec.MaxError"/> nats.</summary>
    public const float MassTolerance = 0.05f;

    /// <summary>The least mass an answer must account for; an honest one is within quantisation of 1.</summary>
    public const float LeastMass = 0.9f;

    /// <summary>Why an <see cref="StepStatus.Ok"/> answer must not be used, or null. Never throws, whatever the reply holds.</summary>
    public static string? Fault(StepRequest request, StepReply reply, int vocabularySize)
    {
        if (reply.Session != request.Session)
            return "wrong-session";
        if (reply.Turn != request.Turn)
            return "wrong-turn";
        if (reply.DistributionCount != request.Drafts + 1 || reply.ScoreCount > request.Scores || reply.ContinuationCount > request.Continuation)
            return "wrong-count";
        foreach (var score in reply.Scores)
            if (!float.IsFinite(score) || score > 0f)
                return "bad-score";
        foreach (var token in reply.Continuation)
            if ((uint)token >= (uint)vocabularySize)
                return "bad-token";
        foreach (var distribution in reply.Distributions)
            if (Fault(distribution, vocabularySize) is { } fault)
                return fault;
        return null;
    }

    /// <summary>Why a distribution must not be mixed, or null.</summary>
    public static string? Fault(SparseDistribution distribution, int vocabularySize)
    {
        var previous = -1;
        foreach (var id in distribution.Ids)
        {
            if (id <= previous)
                return id == previous ? "duplicate-token" : id < 0 ? "bad-token" : "unsorted";
            previous = id;
        }
        if (previous >= vocabularySize)
            return "bad-token";
        var mass = 0.0;
        foreach (var log in distribution.LogProbabilities)
        {
            if (!float.IsFinite(log))
                return "not-finite";
            if (log > 0f)
                return "above-one";
            mass += Math.Exp(log);
        }
        if (!(distribution.Tail is >= 0f and <= 1f))
            return "bad-tail";
        mass += distribution.Tail;
        return mass > 1 + MassTolerance ? "mass-above-one" : mass < LeastMass ? "mass-missing" : null;
    }
}
