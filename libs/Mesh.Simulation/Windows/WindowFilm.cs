namespace Mesh.Simulation.Windows;

/// <summary>One decode of an expert. Times are milliseconds.</summary>
/// <param name="Waited">When the first that it answers was there and the expert idle.</param>
/// <param name="Sessions">How many it answers.</param>
public readonly record struct FilmedBatch(int Expert, double Waited, double Begin, double End, int Sessions);

/// <summary>All phases at one moment.</summary>
/// <param name="Turns">Of each expert, shares of a turn, 0 to below 1; null for one that does not turn.</param>
/// <param name="Order">r of all.</param>
public readonly record struct FilmedPhases(double Time, double?[] Turns, double Order);

/// <summary>What happened in a part of a run, to look at.</summary>
/// <param name="from">Milliseconds; what is earlier is not kept.</param>
public sealed class WindowFilm(double from)
{
    private readonly List<FilmedBatch> _batches = [];
    private readonly List<FilmedPhases> _phases = [];

    public double From => from;
    public IReadOnlyList<FilmedBatch> Batches => _batches;
    public IReadOnlyList<FilmedPhases> Phases => _phases;

    public void Add(FilmedBatch batch)
    {
        if (batch.End >= from)
            _batches.Add(batch);
    }

    public void Add(FilmedPhases phases)
    {
        if (phases.Time >= from)
            _phases.Add(phases);
    }
}
