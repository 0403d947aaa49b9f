using Mesh.Inference.Native;
using Mesh.Inference.Sparse;

namespace Mesh.Inference.Decoding;

internal enum StepProgress
{
    More,
    Done,
    BadRow,
}

/// <summary>Reads a decoded batch into the replies: exact scores, sparse distributions, the greedy continuation.</summary>
internal sealed class StepAnswer(ContextHandle context, int vocabulary)
{
    private readonly TopTokens _top = new();

    public StepProgress Collect(StepWork work, BatchBuffer batch)
    {
        var (request, reply, sequence) = (work.Request, work.Reply, work.Sequence!);
        for (var i = 0; i < work.BatchCount; i++)
        {
            var position = work.Next++;
            sequence.Append(position < work.End ? request.Tokens[position - request.Position] : work.Continued);
            if (!batch.HasOutput(work.BatchStart + i))
                continue;
            var row = context.Logits(work.BatchStart + i, vocabulary);
            if (position >= work.End)
            {
                if (!Continue(work, row))
                    return StepProgress.BadRow;
                continue;
            }
            var logSumExp = RowReduction.LogSumExp(row, out var max);
            if (!float.IsFinite(logSumExp))
                return StepProgress.BadRow;
            if (position + 1 < work.End && position + 1 >= work.End - request.Scores)
                reply.AddScore(MathF.Min(0f, row[request.Tokens[position + 1 - request.Position]] - logSumExp));
            if (position < work.End - 1 - request.Drafts)
                continue;
            var best = _top.Extract(row, max, logSumExp, reply.AddDistribution());
            if (position < work.End - 1)
                continue;
            sequence.KeepRow(row, position, logSumExp);
            work.Continuing = request.Continuation;
            if (work.Continuing > 0)
                Continue(work, best);
        }
        return work.Next >= work.End && work.Continuing == 0 ? StepProgress.Done : StepProgress.More;
    }

    private bool Continue(StepWork work, ReadOnlySpan<float> row)
    {
        var best = System.Numerics.Tensors.TensorPrimitives.IndexOfMax(row);
        if (!float.IsFinite(row[best]))
            return false;
        Continue(work, best);
        return true;
    }

    /// <summary>The last token of a continuation is answered but not decoded; nor is one that would leave the sequence's room.</summary>
    private static void Continue(StepWork work, int best)
    {
        work.Reply.AddContinuation(best);
        work.Continued = best;
        work.Continuing = work.Sequence!.IsFull ? 0 : work.Continuing - 1;
    }
}
