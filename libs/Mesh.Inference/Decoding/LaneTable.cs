using System.Collections.Concurrent;
using Mesh.Contracts.Steps;

namespace Mesh.Inference.Decoding;

/// <summary>Which lane a session is on: the one with the fewest sessions when it begins. Safe for concurrent use.</summary>
internal sealed class LaneTable(int lanes)
{
    /// <summary>Sessions whose router never said goodbye must not fill the memory. One that is forgotten begins anew: a step says what it lacks.</summary>
    private const int MostSessions = 4096;

    private readonly ConcurrentDictionary<SessionId, int> _lanes = [];
    private readonly int[] _counts = new int[lanes];
    private readonly Lock _gate = new();

    /// <param name="begins">The step brings the session's first tokens; an unknown session that does not begin belongs nowhere, so lane 0 asks for them.</param>
    public int LaneOf(SessionId session, bool begins) =>
        lanes == 1 ? 0 : _lanes.TryGetValue(session, out var lane) ? lane : begins ? Add(session) : 0;

    /// <summary>The lane that a session which has ended was on; -1 when it is on none.</summary>
    public int Remove(SessionId session)
    {
        if (lanes == 1)
            return 0;
        lock (_gate)
        {
            if (!_lanes.TryRemove(session, out var lane))
                return -1;
            _counts[lane]--;
            return lane;
        }
    }

    private int Add(SessionId session)
    {
        lock (_gate)
        {
            if (_lanes.TryGetValue(session, out var known))
                return known;
            if (_lanes.Count == MostSessions)
            {
                _lanes.Clear();
                Array.Clear(_counts);
            }
            var lane = 0;
            for (var i = 1; i < lanes; i++)
                if (_counts[i] < _counts[lane])
                    lane = i;
            _counts[lane]++;
            _lanes[session] = lane;
            return lane;
        }
    }
}
