namespace Mesh.Ensemble.TokenLoop;

/// <summary>
/// Whether a token may be chosen without those that have not answered. Lateness costs time, not truth: who may hold weight is awaited as long as it is
/// alive, which its channel knows; the deadline is for the others.
/// </summary>
internal sealed class Patience(SessionRouting routing, SessionText text)
{
    /// <summary>Of the round's weight, what the missing may hold at most when over-selection lets the first K answers decide.</summary>
    private const double Minority = 0.5;

    /// <summary>Whoever is not there is noticed by its channel within this time.</summary>
    private static readonly TimeSpan Noticed = TimeSpan.FromSeconds(10);

    /// <param name="voters">How many have answered; one at least.</param>
    public bool MayGoWithout(List<Lane> lanes, Asking asking, int voters, long now)
    {
        // Before the first token nobody knows who leads: each has evidence of the prompt to give.
        var tolerated = asking.Round == 1 ? 0 : routing.Options.OverSelection > 0 && voters >= routing.Options.K ? Minority : routing.Options.NegligibleWeight;
        var (best, least, chosen) = (double.NegativeInfinity, double.PositiveInfinity, 0);
        foreach (var lane in lanes)
        {
            if (lane is { Chosen: true, Answered: true })
                lane.Score = routing.Gate.Score(lane.Number);
            else if (IsMissing(lane, asking, now))
                lane.Score = Ceiling(lane);
            else
                continue;
            best = Math.Max(best, lane.Score);
            if (lane.Chosen)
                (least, chosen) = (Math.Min(least, lane.Score + lane.Prior), chosen + 1);
        }
        var (missing, total) = (0.0, 0.0);
        foreach (var lane in lanes)
        {
            var isMissing = IsMissing(lane, asking, now);
            // One whose evidence is due must be able to take the place of a voter, as the choice of experts looks at both.
            if (lane.Chosen ? !isMissing && !lane.Answered : !isMissing || (chosen >= routing.Options.K && lane.Score + lane.Prior <= least + routing.Options.Hysteresis))
                continue;
            var weight = double.IsPositiveInfinity(best) ? (double.IsPositiveInfinity(lane.Score) ? 1 : 0) : Math.Exp(lane.Score - best);
            total += weight;
            if (isMissing)
                missing += weight;
        }
        return missing <= tolerated * total;
    }

    /// <summary>It is to vote, or its evidence is due, and its answer may still come.</summary>
    public static bool IsMissing(Lane lane, Asking asking, long now) =>
        lane is { Chosen: true, Answered: false } or { Chosen: false, IsDue: true } && (lane is { IsPending: true, Lost: false } || IsPutOff(lane, asking, now));

    /// <summary>It was too busy and is to be asked again.</summary>
    public static bool IsPutOff(Lane lane, Asking asking, long now) =>
        lane is { Chosen: true, Dropped: DropReason.Busy, Listed: true, Retired: false, IsPending: false } && now < asking.End;

    /// <summary>It was not there last time, and its new step does not show yet that it is: asking it is an attempt and no reason to wait.</summary>
    public static bool IsDoubtful(Lane lane, long now) => lane is { WasUnreachable: true, IsInFlight: true, Lost: false } && now - lane.StartedAt < Noticed.Ticks;

    /// <summary>
    /// The score it can reach at most: nobody gives a token more than all of the probability, so what its answer can add is bounded by what the mixture left.
    /// </summary>
    private double Ceiling(Lane lane)
    {
        var score = routing.Gate.Score(lane.Number);
        for (var position = Math.Max(lane.ScoredTo, text.Count - routing.Gate.Memory); position < text.Count; position++)
        {
            var mixture = text.Mixture(position);
            if (float.IsNaN(mixture))
                return double.PositiveInfinity;
            score += routing.Gate.Gain(text.Count - 1 - position, -mixture);
        }
        return score;
    }
}
