using Mesh.Contracts.Streams;

namespace Mesh.Ensemble.TokenLoop;

/// <summary>Gathers a round's answers until there are enough of them, and asks again where that helps.</summary>
internal sealed class Collecting(Roster roster, Asking asking, Answers answers, Patience patience, SessionRouting routing, Signal signal)
{
    /// <summary>Nobody is being asked who is likely to be there, and nobody could be.</summary>
    public bool IsStarving { get; private set; }

    /// <summary>While starving: when the oldest attempt under way began to reach one that was not there; <see cref="long.MaxValue"/> without any.</summary>
    public long OldestAttempt { get; private set; }

    /// <summary>Looks at what has come. Null: the token can be chosen. Else when to look again if nothing comes.</summary>
    public long? IsOver(long now)
    {
        IsStarving = false;
        foreach (var lane in roster.Lanes)
            if (lane.HasEnded && (lane.Chosen || lane.IsDue))
                Take(lane, now);
        var (voters, inTime, missing, doubtful, wake) = Look(now);
        if (voters > 0)
        {
            if ((inTime == 0 || (asking.Round > 1 && voters >= routing.Options.K)) && patience.MayGoWithout(roster.Lanes, asking, voters, now))
                return null;
        }
        else if (missing == doubtful)
            wake = Math.Min(wake, AskEverybody(now));
        return wake;
    }

    /// <summary>Who has answered, who still may, before the deadline or at all, and when to look again if nothing happens.</summary>
    private (int Voters, int InTime, int Missing, int Doubtful, long Wake) Look(long now)
    {
        var (voters, inTime, missing, doubtful, wake) = (0, 0, 0, 0, long.MaxValue);
        foreach (var lane in roster.Lanes)
        {
            if (lane is { IsInFlight: true, Lost: false } && now >= lane.HardLimit)
            {
                lane.Lost = true;
                lane.Cancel();
            }
            if (Patience.IsPutOff(lane, asking, now))
                if (now >= lane.RetryAt)
                    asking.Start(lane, now, voter: true, extend: false);
                else
                    wake = Math.Min(wake, lane.RetryAt);
            if (lane is { Answered: true, Chosen: true })
                voters++;
            if (!Patience.IsMissing(lane, asking, now))
                continue;
            missing++;
            if (Patience.IsDoubtful(lane, now))
                doubtful++;
            if (lane.IsPending)
                wake = Math.Min(wake, lane.HardLimit);
            if (!lane.Chosen || lane.Round != asking.Round || now >= lane.Deadline)
                continue;
            inTime++;
            wake = Math.Min(wake, lane.Deadline);
        }
        return (voters, inTime, missing, doubtful, wake);
    }

    /// <summary>None of the voters is likely to answer: now everyone is one. Returns when to look again.</summary>
    private long AskEverybody(long now)
    {
        (IsStarving, OldestAttempt, var wake) = (true, long.MaxValue, long.MaxValue);
        foreach (var lane in roster.Lanes)
        {
            // One that is only to catch up answers without the drafts: it is asked anew then, as a voter.
            if (!lane.Chosen)
                (lane.Answered, lane.Round) = (false, 0);
            if (lane is { IsPending: true, Lost: false, Barred: false })
            {
                if (!lane.Chosen)
                    signal.Set();
                lane.Chosen = true;
            }
            else if (Asking.IsPossible(lane, now))
            {
                lane.Chosen = true;
                asking.Start(lane, now, voter: true, extend: true);
                wake = Math.Min(wake, lane.Deadline);
            }
            else
            {
                if (lane is { Listed: true, Retired: false, IsPending: false })
                    wake = Math.Min(wake, lane.RetryAt);
                continue;
            }
            if (Patience.IsDoubtful(lane, now))
                OldestAttempt = Math.Min(OldestAttempt, lane.StartedAt);
            else
                IsStarving = false;
        }
        return wake;
    }

    /// <summary>Takes the end of a lane's step.</summary>
    public void Take(Lane lane, long now)
    {
        var current = lane.Round == asking.Round;
        var again = answers.Take(lane, asking.Round, roster.VocabularySize, now);
        if (lane.Retired || !lane.Listed)
            return;
        // One whose old step has only now ended, or that has lost its cache, is asked again; a voter, whether it is awaited or not.
        if (lane.Chosen && (again || !current) && lane.RetryAt <= now && !lane.Answered)
            asking.Start(lane, now, voter: true, extend: !AnyVoter());
        else if (!lane.Chosen && again)
            asking.Start(lane, now, voter: false, extend: false);
    }

    private bool AnyVoter()
    {
        foreach (var lane in roster.Lanes)
            if (lane is { Answered: true, Chosen: true })
                return true;
        return false;
    }
}
