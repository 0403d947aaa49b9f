using Mesh.Ensemble.Experts;

namespace Mesh.Ensemble.TokenLoop;

/// <summary>Who is asked for the next token: the best by score that are up to date are waited for; better ones that are far behind catch up meanwhile.</summary>
internal sealed class Selection(SessionRouting routing)
{
    /// <summary>A lane that lacks more tokens than this is not waited for.</summary>
    private const int NearlyThere = 32;

    private static readonly Comparison<Lane> ByScore = (a, b) =>
        a.Score != b.Score ? b.Score.CompareTo(a.Score) : a.Number.CompareTo(b.Number);

    private readonly List<Lane> _ranked = [];
    private ExpertPeer[] _peers = [];
    private double[] _priors = [];
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
        var wanted = routing.Options.K + routing.Options.OverSelection;
        var (rank, places) = (0, wanted);
        foreach (var lane in _ranked)
        {
            if (!lane.Listed || lane.Retired)
                continue;
            if (places == 0)
                break;
            var isNear = IsNear(lane, tokens);
            if (isNear && !lane.IsPending)
                Voters.Add(lane);
            else if (rank < wanted)
                Others.Add(lane);
            if (isNear)
                places--;
            rank++;
        }
        Refresh(lanes);
    }

    /// <summary>Whether it lacks so little of the text that it can be waited for.</summary>
    public bool IsNear(Lane lane, int tokens) => routing.Options.Deterministic || tokens - lane.Held <= NearlyThere;

    /// <summary>Best first; one that votes already keeps its place unless another is clearly better.</summary>
    private void Rank(List<Lane> lanes)
    {
        foreach (var lane in lanes)
            (lane.Score, lane.Prior) = (routing.Gate.Score(lane.Number) + (lane.Chosen ? routing.Options.Hysteresis : 0), 0);
        if (routing.HasSelectionPriors)
            AddPriors(lanes);
        _ranked.Clear();
        _ranked.AddRange(lanes);
        _ranked.Sort(ByScore);
    }

    private void AddPriors(List<Lane> lanes)
    {
        if (_peers.Length < lanes.Count)
            (_peers, _priors) = (new ExpertPeer[lanes.Capacity], new double[lanes.Capacity]);
        for (var i = 0; i < lanes.Count; i++)
            (_peers[i], _priors[i]) = (lanes[i].Peer, 0);
        routing.AddForSelection(_peers.AsSpan(0, lanes.Count), _priors.AsSpan(0, lanes.Count));
        for (var i = 0; i < lanes.Count; i++)
            if (double.IsFinite(_priors[i]))
                lanes[i].Score += lanes[i].Prior = _priors[i];
    }

    /// <summary>Now and then one that was not chosen is asked all the same, the longest unasked first.</summary>
    private void Refresh(List<Lane> lanes)
    {
        if (routing.Options.RefreshInterval == 0 || ++_sinceRefresh < routing.Options.RefreshInterval || Voters.Count + Others.Count >= lanes.Count)
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
