using Mesh.Ensemble.Mixing;
using Mesh.Ensemble.Routing;

namespace Mesh.Ensemble.TokenLoop;

/// <summary>What a request asked to see of a token. Allocates, so it is only called then.</summary>
internal static class TraceWriter
{
    /// <param name="place">Which distribution of the answers the token was drawn from.</param>
    public static TokenTrace Write(List<Lane> lanes, int token, int place, TimeSpan elapsed, string mode, RoutingSnapshot routing)
    {
        var votes = new List<ExpertVote>(lanes.Count);
        foreach (var lane in lanes)
        {
            if (!lane.Chosen)
                continue;
            float? chance = null;
            if (lane.Answered && lane.Reply.Distributions[place] is var listed && listed.Ids.BinarySearch(token) is >= 0 and var index)
                chance = listed.LogProbabilities[index];
            var dropped = lane.Answered ? lane.Weight > 0 ? null : DropReason.Surplus : lane.Dropped ?? DropReason.Late;
            var milliseconds = lane.Answered ? TimeSpan.FromTicks(lane.EndedAt - lane.StartedAt).TotalMilliseconds : elapsed.TotalMilliseconds;
            votes.Add(new(lane.Peer.Id, lane.Weight, chance, milliseconds, lane.Answered ? lane.Reply.WireBytes : 0, dropped));
        }
        votes.Sort(static (a, b) => b.Weight.CompareTo(a.Weight));
        return new(elapsed.TotalMilliseconds, votes, mode, routing);
    }

    public static TokenChance[] Top(Mixture mixture, int count)
    {
        var top = new TokenChance[Math.Min(count, mixture.Count)];
        var filled = 0;
        for (var i = 0; i < mixture.Count; i++)
        {
            var chance = new TokenChance(mixture.Ids[i], mixture.LogProbabilities[i]);
            var index = filled;
            while (index > 0 && (top[index - 1].LogProbability < chance.LogProbability
                || (top[index - 1].LogProbability == chance.LogProbability && top[index - 1].Token > chance.Token)))
                index--;
            if (index == top.Length)
                continue;
            filled = Math.Min(filled + 1, top.Length);
            top.AsSpan(index, filled - index - 1).CopyTo(top.AsSpan(index + 1));
            top[index] = chance;
        }
        return top;
    }
}
