using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Governance.Canaries;
using Mesh.Governance.Http;
using Router.Api.Governance.Routing;

namespace Router.Api.Governance.Canary;

/// <summary>What the sessions on both sides of a canary are like, from its first to its last; another proposal begins at nothing.</summary>
internal sealed class CanaryMeter : ICanaryReport
{
    private const int MostRemembered = 8192;
    private readonly string _run = RandomNumberGenerator.GetHexString(16, lowercase: true);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Arm> _armOf = [];
    private readonly Queue<string> _order = [];
    private string? _proposal;
    private ArmCounts _control = new(), _candidate = new();

    /// <summary>This proposal is tried from now on; null: none is.</summary>
    public void Follow(string? proposal)
    {
        lock (_gate)
        {
            if (_proposal == proposal)
                return;
            (_proposal, _control, _candidate) = (proposal, new(), new());
            _armOf.Clear();
            _order.Clear();
        }
    }

    /// <summary>A session begins; null while nothing is tried. What people say of it later is told by its completion's id.</summary>
    public CanarySession? Begin(string completion, string? proposal, Arm arm)
    {
        lock (_gate)
        {
            if (proposal is null || proposal != _proposal)
                return null;
            if (_armOf.TryAdd(completion, arm))
                _order.Enqueue(completion);
            if (_order.Count > MostRemembered)
                _armOf.Remove(_order.Dequeue());
            return new(arm == Arm.Candidate ? _candidate : _control);
        }
    }

    /// <summary>The first vote on a completion counts, and no other: what one person sends again and again is one opinion.</summary>
    public void OnFeedback(string completion, bool up)
    {
        lock (_gate)
            if (_armOf.Remove(completion, out var arm))
                (arm == Arm.Candidate ? _candidate : _control).OnFeedback(up);
    }

    /// <summary>Null while nothing is tried.</summary>
    public CanaryReport? Read()
    {
        lock (_gate)
            return _proposal is { } proposal ? new(proposal, _control.Read(), _candidate.Read(), _run) : null;
    }

    JsonNode? ICanaryReport.Report() => Read() is { } report ? JsonSerializer.SerializeToNode(report, CanaryJson.Default.CanaryReport) : null;
}
