using Mesh.Ensemble.Gating;

namespace Mesh.Ensemble.TokenLoop;

/// <summary>Who is asked for the next token: the best by score that are up to date are waited for; better ones that are far behind catch up meanwhile.</summary>
internal sealed class Selection(IGate gate, EnsembleOptions options)
{
    /// <summary>A lane that lacks more tokens than this is not waited for.</summary>
    private const int NearlyThere = 32;

    private static readonly Comparison<Lane> ByScore = (a, b) =>
        a.Score != b.Score ? b.Score.CompareTo(a.Score) : a.Number.CompareTo(b.Number);

    private readonly List<Lane> _ranked = [];
    private int _sinceRefresh;

    /// <summary>Asked and waited for.</summary>
    public List<Lane> Voters { get; } = [];

    /// <summary>Asked and not waited for.</summary>
    public List<Lane> Others { get; } = [];

    /// <summary>Everyone, so that each has evidence of the prompt.</summary>
    public void First(List<Lane> lanes)
    {
        Voters.Clear();
        Others.Clear();
        Rank(lanes);
        foreach (var lane in _ranked)
            if (lane.Listed && !lane.Retired && Voters.Count < Mixing.Mixture.MostExperts)
                Voters.Add(lane);
    }

    public void Next(List<Lane> lanes, int tokens)
    {
        Voters.Clear();
        Others.Clear();
        Rank(lanes);
        var wanted = options.K + options.OverSelection;
        var rank = 0;
        foreach (var lane in _ranked)
        {
            if (!lane.Listed || lane.Retired)
                continue;
            if (Voters.Count == wanted)
                break;
            if (IsNear(lane, tokens) && !lane.IsInFlight)
                Voters.Add(lane);
            else if (rank < wanted)
                Others.Add(lane);
            rank++;
        }
        Refresh(lanes);
    }

    /// <summary>Whether it lacks so little of the text that it can be waited for.</summary>
    public bool IsNear(Lane lane, int tokens) => options.Deterministic || tokens - lane.Held <= NearlyThere;

    /// <summary>
    /// While those that have answered hold less than half of the weight of all that were asked and may still answer: when to give the others up. Else 0.
    /// For the first token everyone is awaited so.
    /// </summary>
    public long LeadersMissingUntil(List<Lane> lanes, long round, long patience)
    {
        var best = double.NegativeInfinity;
        foreach (var lane in lanes)
            if (lane.Chosen)
                best = Math.Max(best, lane.Score);
        var (answered, missing, until) = (0.0, 0.0, 0L);
        foreach (var lane in lanes)
        {
            if (!lane.Chosen)
                continue;
            var weight = Math.Exp(lane.Score - best);
            if (lane.Answered)
                answered += weight;
            else if (lane is { IsInFlight: true, Lost: false } && lane.Round == round)
                (missing, until) = (missing + weight, Math.Max(until, lane.Deadline + patience));
        }
        // Before the first token nobody knows who leads: each has evidence of the prompt to give.
        return missing > answered || (round == 1 && missing > 0) ? until : 0;
    }

    /// <summary>Best first; one that votes already keeps its place unless another is clearly better.</summary>
    private void Rank(List<Lane> lanes)
    {
        foreach (var lane in lanes)
            lane.Score = gate.Score(lane.Number) + (lane.Chosen ? options.Hysteresis : 0);
        _ranked.Clear();
        _ranked.AddRange(lanes);
        _ranked.Sort(ByScore);
    }

    /// <summary>Now and then one that was not chosen is asked all the same, the longest unasked first.</summary>
    private void Refresh(List<Lane> lanes)
    {
        if (options.RefreshInterval == 0 || ++_sinceRefresh < options.RefreshInterval || Voters.Count + Others.Count >= lanes.Count)
            return;
        _sinceRefresh = 0;
        Lane? chosen = null;
        foreach (var lane in lanes)
            if (lane.Listed && !lane.Retired && !Voters.Contains(lane) && !Others.Contains(lane) && (chosen is null || lane.Round < chosen.Round))
                chosen = lane;
        if (chosen is not null)
            Others.Add(chosen);
    }
}
