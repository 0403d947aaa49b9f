using Mesh.Contracts.Steps;

namespace Mesh.Inference.Decoding;

/// <summary>Decides what a step needs: which sequence, from which position on it must be decoded, and which rows are wanted.</summary>
internal sealed class StepAdmission(SequenceTable sequences, int contextLength)
{
    /// <summary>Ok: <paramref name="work"/> is planned and its sequence busy. Null: an earlier step of the session is still under way. Else the refusal.</summary>
    public StepStatus? Admit(StepWork work, bool acceptNewSessions)
    {
        var request = work.Request;
        var reply = work.Reply;
        var end = request.Position + request.TokenCount;
        if (end > contextLength)
            return StepStatus.ContextFull;
        var firstRow = end - 1 - Math.Max(request.Drafts, request.Scores);
        var sequence = sequences.Find(request.Session);
        if (sequence is { IsBusy: true })
            return null;
        if (sequence is null && request.Position == 0)
        {
            if (!acceptNewSessions)
                return StepStatus.Refused;
            sequence = sequences.Allocate(request.Session, request.Tokens, Math.Max(0, firstRow));
            if (sequence is null)
                return StepStatus.Busy;
        }
        if (sequence is null || sequence.Length < request.Position)
            return NeedFrom(reply, sequence?.Length ?? 0);
        if (request.Scores == request.TokenCount && request.Position > 0 && sequence.RowPosition == request.Position - 1)
            reply.AddScore(MathF.Min(0f, sequence.Row[request.Tokens[0]] - sequence.RowLogSumExp));
        var held = sequence.Tokens[request.Position..].CommonPrefixLength(request.Tokens);
        (work.FirstRow, work.End) = (Math.Max(request.Position, firstRow), end);
        work.Next = Math.Min(request.Position + held, work.FirstRow);
        sequences.Cut(sequence, work.Next);
        if (sequence.Length < work.Next)
        {
            // A recurrent state cannot be cut in the middle and was dropped whole.
            if (request.Position > 0)
                return NeedFrom(reply, 0);
            work.Next = 0;
        }
        work.Sequence = sequence;
        sequence.IsBusy = true;
        return StepStatus.Ok;
    }

    private static StepStatus NeedFrom(StepReply reply, int position)
    {
        reply.Reset(reply.Session, reply.Turn);
        reply.NeedFrom = position;
        return StepStatus.NeedFrom;
    }
}
