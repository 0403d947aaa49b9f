using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Mesh.Ensemble.Mixing;
using Microsoft.Extensions.Logging;

namespace Mesh.Ensemble.TokenLoop;

/// <summary>Looks at every step that has ended: what it says of the expert's cache, whether it may be mixed, when the expert is asked again.</summary>
internal sealed partial class Answers(SessionText text, Evidence evidence, ILogger logger)
{
    private const int MostResends = 2;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50), LongestPause = TimeSpan.FromSeconds(2);

    /// <summary>Takes the end of the lane's step; true when it should be asked again at once, from where it says.</summary>
    public bool Take(Lane lane, long round, int vocabulary, long now)
    {
        lane.Take();
        var (request, reply) = (lane.Request, lane.Reply);
        if (lane is { Superseded: true, Failure: OperationCanceledException })
        {
            lane.Held = Math.Min(lane.Held, request.Position);
            return false;
        }
        lane.Superseded = false;
        if (lane.Failure is { } failure)
        {
            OnFailure(lane, failure, now);
            return false;
        }
        lane.WasUnreachable = false;
        var elapsed = TimeSpan.FromTicks(lane.EndedAt - lane.StartedAt);
        EnsembleMetrics.OnStep(lane.Peer.Id, elapsed, reply.WireBytes);
        lane.Span?.OnAnswered(elapsed, reply.WireBytes);
        if (reply.Session != request.Session || reply.Turn != request.Turn)
        {
            Drop(lane, reply.Session != request.Session ? "wrong-session" : "wrong-turn", now, bad: true);
            return false;
        }
        switch (reply.Status)
        {
            case StepStatus.Ok when AnswerCheck.Fault(request, reply, vocabulary) is { } fault:
                Drop(lane, fault, now, bad: true);
                return false;
            case StepStatus.Ok:
                lane.Pace.Record(request.TokenCount, reply.ContinuationCount, elapsed, TimeSpan.FromMicroseconds(reply.ComputeMicroseconds));
                (lane.Failures, lane.Unsettled, lane.Answered) = (0, true, lane.Round == round);
                // The prompt's scores wait for the end of the first round, when its mixture is known.
                if (round > 1)
                    evidence.Observe(lane);
                return false;
            case StepStatus.NeedFrom when reply.NeedFrom >= 0 && reply.NeedFrom < request.Position:
                lane.Held = Math.Min(lane.Held, reply.NeedFrom);
                if (lane.Resends++ < MostResends)
                    return true;
                Drop(lane, DropReason.CacheLost, now);
                return false;
            case StepStatus.ContextFull:
                lane.Retired = true;
                Drop(lane, DropReason.ContextFull, now);
                return false;
            default:
                Drop(lane, ReasonOf(reply.Status), now);
                return false;
        }
    }

    /// <summary>Compares the last good answer with the text that has been chosen since: drafts may have been rejected.</summary>
    public void Settle(Lane lane)
    {
        if (lane.Epoch != text.Epoch)
            (lane.Held, lane.ScoredTo) = (Math.Min(lane.Held, text.Anchor), Math.Min(lane.ScoredTo, text.Count - 1));
        if (!lane.Unsettled || lane.IsInFlight)
            return;
        lane.Unsettled = false;
        var agreed = text.AgreesUpTo(lane.Request.Position, lane.Request.Tokens);
        lane.Held = lane.Epoch == text.Epoch ? agreed : Math.Min(agreed, text.Anchor);
    }

    private void OnFailure(Lane lane, Exception failure, long now)
    {
        switch (failure)
        {
            case OperationCanceledException:
                Drop(lane, DropReason.Lost, now);
                break;
            case ExpertUnreachableException:
                lane.WasUnreachable = lane.AskedThisPeer;
                Drop(lane, DropReason.Unreachable, now);
                break;
            default:
                LogFailure(logger, lane.Peer.Id, failure);
                Drop(lane, DropReason.Failed, now);
                break;
        }
    }

    private void Drop(Lane lane, string reason, long now, bool bad = false)
    {
        lane.Dropped = reason;
        EnsembleMetrics.OnDropped(lane.Peer.Id, reason);
        lane.Span?.OnDropped(reason, text.Count);
        if (bad)
            LogBadAnswer(logger, lane.Peer.Id, lane.Request.Session, reason);
        // What it has is uncertain now. Sending again is harmless: a step is idempotent.
        lane.Held = Math.Min(lane.Held, lane.Request.Position);
        if (reason == DropReason.Failed)
            lane.Held = 0;
        var pause = FirstPause.Ticks << Math.Min(lane.Failures++, 10);
        lane.RetryAt = now + Math.Min(pause, LongestPause.Ticks);
    }

    private static string ReasonOf(StepStatus status) => status switch
    {
        StepStatus.NeedFrom => DropReason.BadNeedFrom,
        StepStatus.Busy => DropReason.Busy,
        StepStatus.Loading => DropReason.Loading,
        StepStatus.Refused => DropReason.Refused,
        _ => DropReason.Failed,
    };

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "An answer of expert {Expert} in session {Session} is dropped: {Reason}.")]
    private static partial void LogBadAnswer(ILogger logger, ExpertId expert, SessionId session, string reason);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "A step of expert {Expert} failed.")]
    private static partial void LogFailure(ILogger logger, ExpertId expert, Exception failure);
}
