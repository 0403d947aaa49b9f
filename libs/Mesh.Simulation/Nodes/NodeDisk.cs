using Mesh.Chorus.Witnesses;

namespace Mesh.Simulation.Nodes;

/// <summary>What a node has after a crash.</summary>
internal sealed class NodeDisk : IWitnessStore
{
    private IReadOnlyList<Witnessed> _witnessed = [];

    /// <summary>The Lamport clock goes on from here.</summary>
    public long Reserved { get; set; }

    /// <summary>Halts that hold.</summary>
    public HashSet<int> Halts { get; } = [];

    /// <summary>Half of a write is on it: what was there cannot be read any more.</summary>
    public bool IsTorn { get; set; }

    /// <summary>Called after the next write.</summary>
    public Action? Written { get; set; }

    public IReadOnlyList<Witnessed> Read() => IsTorn ? throw new InvalidDataException("The disk is torn.") : _witnessed;

    public void Write(IReadOnlyCollection<Witnessed> all)
    {
        _witnessed = [.. all];
        (var written, Written) = (Written, null);
        written?.Invoke();
    }

    public void Clear() => _witnessed = [];
}
