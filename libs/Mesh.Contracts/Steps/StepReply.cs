namespace Mesh.Contracts.Steps;

/// <summary>What became of a step. Numbers are the wire format.</summary>
public enum StepStatus : byte
{
    Ok = 0,
    /// <summary>The expert lacks the session's tokens from position <see cref="StepReply.NeedFrom"/> on: send again from there.</summary>
    NeedFrom = 1,
    /// <summary>No room for the session now; try later or elsewhere.</summary>
    Busy = 2,
    /// <summary>The model is still loading.</summary>
    Loading = 3,
    /// <summary>The session would outgrow the model's context.</summary>
    ContextFull = 4,
    /// <summary>The request makes no sense (token id outside the vocabulary, bad counts) or the worker is stopping.</summary>
    Refused = 5,
    /// <summary>The backend failed; the session's cache there is gone.</summary>
    Failed = 6,
}

/// <summary>An expert's answer to one <see cref="StepRequest"/>. Reusable; filled by the channel.</summary>
public sealed class StepReply
{
    private readonly SparseDistribution[] _distributions = [.. Enumerable.Range(0, StepLimits.Drafts + 1).Select(_ => new SparseDistribution())];
    private readonly int[] _continuation = new int[StepLimits.Drafts];
    private float[] _scores = new float[64];

    public SessionId Session;
    public uint Turn;
    public StepStatus Status;

    /// <summary>First position the expert lacks, with <see cref="StepStatus.NeedFrom"/>.</summary>
    public int NeedFrom;

    /// <summary>Microseconds the expert spent on this step, waiting for its turn in the batch included.</summary>
    public uint ComputeMicroseconds;

    /// <summary>Bytes this reply took on the wire; 0 in process.</summary>
    public int WireBytes;

    /// <summary>
    /// Exact natural log-probabilities of the last appended tokens, oldest first. May be fewer than asked for (never more): an expert that no longer
    /// has the row before the first of them leaves that one out.
    /// </summary>
    public ReadOnlySpan<float> Scores => _scores.AsSpan(0, ScoreCount);

    public int ScoreCount { get; private set; }

    /// <summary>Next-token distributions after each of the last <c>Drafts + 1</c> appended tokens, oldest first.</summary>
    public ReadOnlySpan<SparseDistribution> Distributions => _distributions.AsSpan(0, DistributionCount);

    public int DistributionCount { get; private set; }

    /// <summary>The expert's own continuation, possibly shorter than asked for.</summary>
    public ReadOnlySpan<int> Continuation => _continuation.AsSpan(0, ContinuationCount);

    public int ContinuationCount { get; private set; }

    public void Reset(SessionId session, uint turn, StepStatus status = StepStatus.Ok)
    {
        (Session, Turn, Status) = (session, turn, status);
        NeedFrom = WireBytes = ScoreCount = DistributionCount = ContinuationCount = 0;
        ComputeMicroseconds = 0;
    }

    public void AddScore(float logProbability)
    {
        if (ScoreCount == _scores.Length)
            Array.Resize(ref _scores, _scores.Length * 2);
        _scores[ScoreCount++] = logProbability;
    }

    /// <summary>The next distribution to fill, cleared.</summary>
    public SparseDistribution AddDistribution()
    {
        var next = _distributions[DistributionCount++];
        next.Clear();
        return next;
    }

    public void AddContinuation(int token) => _continuation[ContinuationCount++] = token;
}
