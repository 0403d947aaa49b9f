using Mesh.Contracts.Steps;
using Mesh.Ensemble.Routing;
using Mesh.Ensemble.TokenLoop;
using Mesh.Ledger.Checkpoints;
using Mesh.Simulation.Experts;
using Mesh.Simulation.Nodes;
using Mesh.Simulation.Runs;
using Mesh.Simulation.Scenarios;
using Mesh.Simulation.Timelines;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Simulation.Serving;

/// <summary>
/// A node that answers users with the real token loop over experts of other nodes. It changes its configuration only by committed entries and only with the lease; without it,
/// it goes on with what it has. A halt stops it over every restart until a committed entry says that it is over.
/// </summary>
internal sealed class RouterRole(SimulatedNode node) : IRoutingSource
{
    private readonly MeshSimulation _mesh = node.Mesh;
    private readonly List<SimulatedStream> _streams = [];
    private readonly List<Action> _whenStopped = [];
    private readonly HashSet<int> _resumed = [];
    private EnsembleTokenLoop _loop = null!;
    private Configuration _configuration = null!;
    private History? _history;
    private int _applied;

    RoutingSnapshot IRoutingSource.Current => _configuration;

    public int Configured => _configuration.Number;

    public bool IsHalted => node.Disk.Halts.Count > 0;

    private bool Serves => !IsHalted && !node.Disk.IsTorn;

    /// <summary>A new process: configuration and what it had read of the log are gone.</summary>
    public void Start()
    {
        _configuration = Configuration.Of(_mesh.Seed, 0);
        (_history, _applied) = (null, 0);
        _resumed.Clear();
        var pool = new SimulatedPool();
        pool.Peers = [.. _mesh.Experts.Select(host => new Ensemble.Experts.ExpertPeer(host.Card, new RemoteExpert(node, host, pool)))];
        _loop = new(pool, _configuration.Options, node.Clock, NullLogger<EnsembleTokenLoop>.Instance);
    }

    public void Crash()
    {
        _whenStopped.Clear();
        StopAll(StreamEnd.Crashed);
        _streams.Clear();
    }

    /// <summary>A user asks here.</summary>
    /// <param name="pause">How long the user takes to read a token.</param>
    /// <returns>Null when it is refused.</returns>
    public SimulatedStream? Ask(int[] prompt, int mostTokens, TimeSpan? leavesAfter = null, TimeSpan pause = default)
    {
        if (!node.IsUp || !Serves)
        {
            _mesh.Record.Refused++;
            return null;
        }
        var stream = new SimulatedStream(++_mesh.Record.Streams, node, prompt, mostTokens, pause, _mesh.Time.Elapsed);
        _streams.Add(stream);
        _mesh.Timeline.Add(EventKind.Stream, node.Number, $"stream {stream.Number} begins");
        _mesh.Invariants.Begun(stream);
        if (leavesAfter is { } patience)
            _mesh.Time.After(patience, () => stream.Stop(StreamEnd.Cancelled));
        _ = RunAsync(stream, node.Process);
        return stream;
    }

    /// <summary>People halt the mesh. Written down first; acknowledged when no stream is left.</summary>
    public void Halt(int halt, Action acknowledge)
    {
        if (_resumed.Contains(halt))
            return;
        if (node.Disk.Halts.Add(halt))
            _mesh.Timeline.Add(EventKind.Halt, node.Number, $"halt {halt}: stops {_streams.Count} streams");
        _whenStopped.Add(() =>
        {
            _mesh.Invariants.Halted(node, halt);
            acknowledge();
        });
        if (_mesh.Plan.Planted == Planted.EarlyAcknowledgement)
        {
            _whenStopped[^1]();
            return;
        }
        StopAll(StreamEnd.Halted);
        Stopped();
    }

    /// <summary>Does what the committed entries say, in their order, as long as it holds the lease.</summary>
    public void Follow(History history, Checkpoint head)
    {
        if (!ReferenceEquals(history, _history))
            (_history, _applied) = (history, 0);
        for (; _applied < head.Size; _applied++)
        {
            if (!node.HoldsLease && _mesh.Plan.Planted != Planted.NoLeaseGuard)
                return;
            var entry = history[_applied];
            node.Raise(entry.Lamport);
            if (entry.Kind == EntryKind.Configuration && entry.Number > Configured)
                Apply(entry.Number, head);
            else if (entry.Kind == EntryKind.Resume)
                Resume(entry.Number, head);
        }
    }

    private void Apply(int number, Checkpoint head)
    {
        _mesh.Invariants.Changed(node, head, $"configuration {number}");
        _configuration = Configuration.Of(_mesh.Seed, number);
        _mesh.Record.Changes++;
        _mesh.Timeline.Add(EventKind.Change, node.Number, $"takes configuration {number} from head {head.Size}");
    }

    private void Resume(int halt, Checkpoint head)
    {
        _resumed.Add(halt);
        if (_mesh.Plan.Planted == Planted.EndlessHalt || !node.Disk.Halts.Remove(halt))
            return;
        _mesh.Invariants.Changed(node, head, $"the end of halt {halt}");
        _mesh.Invariants.Resumed(node, halt);
        _mesh.Timeline.Add(EventKind.Halt, node.Number, $"halt {halt} is over");
    }

    private void StopAll(StreamEnd end)
    {
        foreach (var stream in _streams.ToArray())
            stream.Stop(end);
    }

    private void Stopped()
    {
        if (_streams.Count > 0)
            return;
        var waiting = _whenStopped.ToArray();
        _whenStopped.Clear();
        foreach (var stopped in waiting)
            stopped();
    }

    private async Task RunAsync(SimulatedStream stream, int process)
    {
        var end = StreamEnd.Finished;
        try
        {
            var request = new GenerationRequest
            {
                Prompt = stream.Prompt, EndTokens = MeshSimulation.EndTokens, MaxTokens = stream.MostTokens, Trace = true, Routing = this,
                Sampling = new() { Temperature = _mesh.Time.Random.Next(3) * 0.5f, Seed = _mesh.Time.Random.Next() },
            };
            await foreach (var token in _loop.RunAsync(request, stream.Cancellation.Token))
            {
                if (node.Process != process || !node.IsUp)
                    break;   // what a dead process computes nobody sees
                _mesh.Invariants.Emitted(stream, token);
                if (stream.Pause > TimeSpan.Zero)
                    await stream.ReadAsync(_mesh.Time);
                if (stream.Tokens != 3)
                    continue;
                if (_mesh.Plan.Planted == Planted.RepeatedToken)
                    _mesh.Invariants.Emitted(stream, token);
                else if (_mesh.Plan.Planted == Planted.StuckStream)
                    await new TaskCompletionSource().Task;
            }
        }
        catch (OperationCanceledException)
        {
            end = stream.EndsAs;
        }
        catch (NoExpertException)
        {
            end = StreamEnd.Error;
            _mesh.Invariants.Errored(stream);
        }
        catch (Exception fault) when (fault is not InvariantException)
        {
            _mesh.Invariants.Fail($"stream {stream.Number} at {node.Name} ends in {fault}");
        }
        if (stream.EndsAs == StreamEnd.Crashed)
            end = StreamEnd.Crashed;
        _streams.Remove(stream);
        _mesh.Record.Ended(stream, end);
        _mesh.Timeline.Add(EventKind.Stream, node.Number, $"stream {stream.Number} ends: {end.ToString().ToLowerInvariant()}, {stream.Tokens} tokens");
        if (node.Process == process)
            Stopped();
    }
}
