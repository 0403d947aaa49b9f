using Mesh.Contracts.Steps;
using Mesh.Ensemble.Sampling;
using Mesh.Ensemble.Tracing;

namespace Mesh.Ensemble.TokenLoop;

/// <summary>Writes and sends the steps of one session: what an expert lacks of the text, the drafts it shall verify, and until when its answer is in time.</summary>
internal sealed class Asking(
    SessionRouting routing, SamplingOptions sampling, SessionId session, Roster roster, SessionText text, Evidence evidence, Drafting drafting, Answers answers,
    GenerationSpan? span)
{
    private uint _turn;

    public long Round { get; private set; }

    public long BegunAt { get; private set; }

    /// <summary>Who is asked again within the round has until then.</summary>
    public long Deadline { get; private set; }

    /// <summary>Whoever is too busy is asked again until then.</summary>
    public long End => BegunAt + routing.Options.TokenTimeout.Ticks;

    /// <summary>Beginning of the noise that the next token is drawn with; for drafts.</summary>
    public ulong Key { get; set; }

    /// <summary>Tokens that the session's window holds.</summary>
    public int Window { get; set; } = int.MaxValue;

    public void Begin(long now) => (Round, BegunAt, Deadline) = (Round + 1, now, now + routing.Options.MinimumDeadline.Ticks);

    public static bool IsPossible(Lane lane, long now) => lane is { Listed: true, Retired: false, IsPending: false, Answered: false } && now >= lane.RetryAt;

    /// <param name="voter">It is to verify the drafts; one that only catches up is not.</param>
    /// <param name="extend">The round lasts until this step's own deadline, if that is later.</param>
    public void Start(Lane lane, long now, bool voter, bool extend)
    {
        answers.Settle(lane);
        var request = lane.Request;
        var from = Math.Min(lane.Held, text.Count - 1);
        request.Reset(session, ++_turn, from);
        request.Append(text.Tokens[from..]);
        if (voter)
        {
            request.Append(drafting.Draft);
            request.Drafts = drafting.Count;
            request.Continuation = Math.Min(drafting.ContinuationOf(lane.Pace), Math.Max(0, Window - text.Count - drafting.Count));
            if (routing.Options.CoupledDrafts)
                (request.DraftTemperature, request.DraftKey) = (Math.Min(sampling.Temperature, StepLimits.Temperature), Key);
        }
        request.Scores = evidence.Wanted(lane, request.TokenCount, request.Drafts);
        lane.Epoch = text.Epoch;
        lane.Round = Round;
        lane.Dropped = null;
        if (voter)
            lane.Due = 0;
        var patience = Math.Max(routing.Options.MinimumDeadline.Ticks, (long)(lane.Pace.Expected(request.TokenCount, request.Continuation).Ticks * routing.Options.DeadlineFactor));
        lane.HardLimit = now + Math.Max(routing.Options.TokenTimeout.Ticks, 2 * patience);
        if (extend)
            Deadline = Math.Max(Deadline, now + patience);
        lane.Deadline = extend ? now + patience : Deadline;
        if (span is not null)
            (lane.Span ??= span.Of(lane.Peer.Id))?.OnAsked();
        roster.Start(lane, now);
    }
}
