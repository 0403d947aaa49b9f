namespace Mesh.Inference.Decoding;

/// <summary>Fills the next batch: short steps of all sessions first, then prompts, in chunks while others wait.</summary>
internal sealed class BatchPlan(BatchBuffer batch, InferenceOptions options, int maxOutputs)
{
    private const int ShortStep = 2 * Contracts.Steps.StepLimits.Drafts;

    /// <summary>How many steps take part in the batch.</summary>
    public int Works { get; private set; }

    public void Build(List<StepWork> running)
    {
        batch.Clear();
        Works = 0;
        foreach (var work in running)
            work.BatchCount = 0;
        if (options.Deterministic)
        {
            Add(running[0], options.BatchTokens);
            return;
        }
        foreach (var work in running)
            if (Remaining(work) <= ShortStep)
                Add(work, ShortStep);
        var chunk = running.Count > 1 ? options.PromptChunk : options.BatchTokens;
        foreach (var work in running)
            if (work.BatchCount == 0)
                Add(work, chunk);
    }

    private static int Remaining(StepWork work) => work.Next < work.End ? work.End - work.Next : 1;

    private void Add(StepWork work, int most)
    {
        var count = Math.Min(Math.Min(most, Remaining(work)), batch.Capacity - batch.Count);
        work.BatchStart = batch.Count;
        for (var i = 0; i < count; i++)
        {
            var position = work.Next + i;
            var output = position >= work.FirstRow;
            if (output && batch.Outputs == maxOutputs)
                break;
            var token = position < work.End ? work.Request.Tokens[position - work.Request.Position] : work.Continued;
            batch.Add(token, position, work.Sequence!.Id, output);
            work.BatchCount++;
        }
        if (work.BatchCount > 0)
            Works++;
    }
}
