namespace Mesh.Inference.Decoding;

/// <summary>
/// Fills the next batch: short steps of all sessions first, then prompts, as much of them as the others can wait for. Sarathi's chunked prefill
/// (Agrawal et al., OSDI 2024) with the chunk reckoned from the speed measured at load.
/// </summary>
internal sealed class BatchPlan
{
    private const int ShortStep = 2 * Contracts.Steps.StepLimits.Drafts;
    private const int LeastPrompt = 32;
    private const int WorthSharing = 4;
    private readonly BatchLimits _limits;
    private readonly bool _alone;
    private readonly int _promptBeside, _promptAlone;

    /// <param name="alone">One step at a time, as much of it as there is room for.</param>
    public BatchPlan(BatchBuffer batch, InferenceOptions options, bool alone, BatchLimits limits, float promptTokensPerSecond)
    {
        (Batch, _alone, _limits) = (batch, alone, limits);
        var beside = promptTokensPerSecond * options.PromptShare.TotalSeconds;
        _promptBeside = (int)Math.Clamp(beside, Math.Min(LeastPrompt, batch.Capacity), batch.Capacity);
        // Nobody waits now, but somebody may come while it runs.
        _promptAlone = (int)Math.Clamp(4 * beside, Math.Min(LeastPrompt, batch.Capacity), batch.Capacity);
    }

    public BatchBuffer Batch { get; }

    /// <summary>How many steps take part in the batch.</summary>
    public int Works { get; private set; }

    /// <summary>Threads to compute it with: a few tokens of a small model are done before a second thread is of use.</summary>
    public int Threads => Batch.Count < WorthSharing ? _limits.Threads : _limits.BatchThreads;

    public void Build(List<StepWork> running)
    {
        Batch.Clear();
        Works = 0;
        foreach (var work in running)
            work.BatchCount = 0;
        if (_alone)
        {
            Add(running[0], Batch.Capacity);
            return;
        }
        foreach (var work in running)
            if (Remaining(work) <= ShortStep)
                Add(work, ShortStep);
        var room = Works > 0 ? _promptBeside : _promptAlone;
        foreach (var work in running)
        {
            if (work.BatchCount > 0)
                continue;
            Add(work, room);
            room -= work.BatchCount;
        }
    }

    private static int Remaining(StepWork work) => work.Next < work.End ? work.End - work.Next : 1;

    private void Add(StepWork work, int most)
    {
        var count = Math.Min(Math.Min(most, Remaining(work)), Batch.Capacity - Batch.Count);
        work.BatchStart = Batch.Count;
        for (var i = 0; i < count; i++)
        {
            var position = work.Next + i;
            var output = position >= work.FirstRow;
            if (output && Batch.Outputs == _limits.Outputs)
                break;
            var token = position < work.End ? work.Request.Tokens[position - work.Request.Position] : work.Continued;
            Batch.Add(token, position, work.Sequence!.Id, output);
            work.BatchCount++;
        }
        if (work.BatchCount > 0)
            Works++;
    }
}

/// <param name="Outputs">Rows of logits one decode may ask for; more end the process.</param>
/// <param name="Threads">Threads for a few tokens.</param>
/// <param name="BatchThreads">Threads for many.</param>
internal sealed record BatchLimits(int Outputs, int Threads, int BatchThreads);
