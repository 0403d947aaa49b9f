using System.Numerics.Tensors;
using Mesh.Contracts.Steps;
using Mesh.Inference.Native;
using Mesh.Inference.Sparse;

namespace Mesh.Inference.Decoding;

internal enum StepProgress
{
    More,
    Done,
    BadRow,
}

/// <summary>Reads a decoded batch into the replies: exact scores, sparse distributions, the continuation.</summary>
internal sealed class StepAnswer(ContextHandle context, int vocabulary)
{
    private readonly TopTokens _top = new();
    private readonly SparseDistribution _drafted = new();

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
                if (!Continue(work, row, position + 1))
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
            var distribution = reply.AddDistribution();
            var best = _top.Extract(row, max, logSumExp, distribution);
            if (position < work.End - 1)
                continue;
            sequence.KeepRow(row, position, logSumExp);
            work.Continuing = request.Continuation;
            if (work.Continuing > 0)
                Continue(work, request.DraftTemperature > 0f ? Draw(request, distribution, position + 1) : best);
        }
        return work.Next >= work.End && work.Continuing == 0 ? StepProgress.Done : StepProgress.More;
    }

    private bool Continue(StepWork work, ReadOnlySpan<float> row, int position)
    {
        if (work.Request.DraftTemperature > 0f)
        {
            var logSumExp = RowReduction.LogSumExp(row, out var max);
            if (!float.IsFinite(logSumExp))
                return false;
            _drafted.Clear();
            _top.Extract(row, max, logSumExp, _drafted);
            Continue(work, Draw(work.Request, _drafted, position));
            return true;
        }
        var best = TensorPrimitives.IndexOfMax(row);
        if (!float.IsFinite(row[best]))
            return false;
        Continue(work, best);
        return true;
    }

    private static int Draw(StepRequest request, SparseDistribution distribution, int position)
    {
        var race = new TokenRace(request.DraftKey, position);
        var logs = distribution.LogProbabilities;
        var best = TensorPrimitives.Max(logs);
        for (var i = 0; i < logs.Length; i++)
            race.Enter(distribution.Ids[i], Math.Exp((logs[i] - best) / request.DraftTemperature));
        return race.Winner;
    }

    /// <summary>The last token of a continuation is answered but not decoded; nor is one that would leave the sequence's room.</summary>
    private static void Continue(StepWork work, int token)
    {
        work.Reply.AddContinuation(token);
        work.Continued = token;
        work.Continuing = work.Sequence!.IsFull ? 0 : work.Continuing - 1;
    }
}
