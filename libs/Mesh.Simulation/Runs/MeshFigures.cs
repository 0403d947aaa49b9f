namespace Mesh.Simulation.Runs;

/// <summary>Milliseconds of a token; NaN where there was none. A phase of a run has too few tokens for a p99.</summary>
public readonly record struct Latency(double P50, double Slowest)
{
    internal static Latency Of(List<double> values)
    {
        values.Sort();
        return values.Count == 0 ? new(double.NaN, double.NaN) : new(values[values.Count / 2], values[^1]);
    }
}

/// <summary>What a run gave.</summary>
public sealed record MeshFigures
{
    public int Tokens { get; init; }

    /// <summary>Before the trouble, during it (cuts included), between the troubles and the partition, after all of it.</summary>
    public Latency Before { get; init; }
    public Latency During { get; init; }
    public Latency Between { get; init; }
    public Latency After { get; init; }

    /// <summary>Streams by how they ended; refused ones never began.</summary>
    public int Finished { get; init; }
    public int Errors { get; init; }
    public int Cancelled { get; init; }
    public int Halted { get; init; }
    public int Crashed { get; init; }
    public int Refused { get; init; }

    /// <summary>Sizes of which a head was committed.</summary>
    public int Heads { get; init; }

    /// <summary>Committed heads that are of another history than those before; the run ends with the first.</summary>
    public int SplitBrains { get; init; }

    /// <summary>Configurations that routers took.</summary>
    public int Changes { get; init; }

    public int Halts { get; init; }

    /// <summary>Seconds from the partition until all of the majority held the lease and a new head was committed; null without a partition.</summary>
    public double? MajorityServes { get; init; }

    /// <summary>Seconds from the partition until none of the minority held the lease any more.</summary>
    public double? MinorityHeld { get; init; }
}
