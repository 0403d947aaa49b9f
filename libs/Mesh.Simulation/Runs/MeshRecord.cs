using Mesh.Simulation.Serving;
using Mesh.Simulation.Timelines;

namespace Mesh.Simulation.Runs;

/// <summary>Parts of a run: before the trouble, during it, well again before a partition, after it, and when nobody asks any more.</summary>
internal enum RunPhase
{
    Before, During, Between, After, Ended,
}

/// <summary>Counts while a run goes on.</summary>
internal sealed class MeshRecord(MeshSimulation mesh)
{
    private readonly List<double>[] _milliseconds = [[], [], [], [], []];
    private readonly Dictionary<StreamEnd, int> _ends = [];

    public RunPhase Phase { get; private set; }

    public int Streams { get; set; }

    public int Refused { get; set; }

    public int Changes { get; set; }

    public int Halts { get; set; }

    public int Tokens { get; private set; }

    public double? MajorityServes { get; set; }

    public double? MinorityHeld { get; set; }

    public bool AllEnded => _ends.Values.Sum() == Streams;

    public void Begin(RunPhase phase)
    {
        Phase = phase;
        if (phase is RunPhase.During or RunPhase.After)
            mesh.Timeline.Add(EventKind.Phase, -1, phase == RunPhase.During ? "the trouble begins" : "the trouble is over");
    }

    public void Emitted(SimulatedStream stream)
    {
        Tokens++;
        _milliseconds[(int)Phase].Add((mesh.Time.Elapsed - stream.LastAt).TotalMilliseconds);
        stream.LastAt = mesh.Time.Elapsed;
    }

    public void Ended(SimulatedStream stream, StreamEnd end)
    {
        stream.End = end;
        _ends[end] = _ends.GetValueOrDefault(end) + 1;
    }

    public MeshFigures Figures() => new()
    {
        Tokens = Tokens, Before = Of(RunPhase.Before), During = Of(RunPhase.During), Between = Of(RunPhase.Between), After = Of(RunPhase.After),
        Finished = Of(StreamEnd.Finished), Errors = Of(StreamEnd.Error), Cancelled = Of(StreamEnd.Cancelled), Halted = Of(StreamEnd.Halted), Crashed = Of(StreamEnd.Crashed), Refused = Refused,
        Heads = mesh.Invariants.Committed, SplitBrains = mesh.Invariants.SplitBrains, Changes = Changes, Halts = Halts, MajorityServes = MajorityServes, MinorityHeld = MinorityHeld,
    };

    private Latency Of(RunPhase phase) => Latency.Of(_milliseconds[(int)phase]);

    private int Of(StreamEnd end) => _ends.GetValueOrDefault(end);
}
