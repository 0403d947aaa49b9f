namespace Mesh.Chorus.Phases;

/// <summary>How the phases turn. Nothing in it makes a token wait.</summary>
public sealed record PhaseOptions
{
    /// <summary>Longest Euler step, and how often the loop makes one; 1 ms to 1 s.</summary>
    public TimeSpan Step { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Most steps made at once after a pause; for the time beyond them the phases stand still. 1 or more.</summary>
    public int MostSteps { get; init; } = 64;

    /// <summary>K, 1/s; 0 or more. The step is stable while K times its length is well below 1.</summary>
    public double Coupling { get; init; } = 30;

    /// <summary>sigma, radians by the root of a second; 0 or more.</summary>
    public double Noise { get; init; }

    /// <summary>Of the noise.</summary>
    public int Seed { get; init; }

    /// <summary>Weight of a measured cycle in the average that is the period, above 0 to 1.</summary>
    public double Smoothing { get; init; } = 0.1;

    /// <summary>A member that has begun nothing for so many of its periods, or steps where those are longer, stands idle: it pulls at nobody. Above 1.</summary>
    public double IdlePeriods { get; init; } = 8;

    /// <summary>A shorter cycle counts as this one; above 0.</summary>
    public TimeSpan LeastPeriod { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>A longer gap is no cycle but a rest.</summary>
    public TimeSpan MostPeriod { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Everything that is out of range, as sentences; empty when all is well.</summary>
    public IReadOnlyList<string> Faults()
    {
        var faults = new List<string>();
        Check(Step >= TimeSpan.FromMilliseconds(1) && Step <= TimeSpan.FromSeconds(1), $"Step is {Step}; it must be 1 ms to 1 s.");
        Check(MostSteps is >= 1 and <= 100_000, $"MostSteps is {MostSteps}; it must be 1 to 100,000.");
        Check(Coupling >= 0 && Coupling * Step.TotalSeconds <= 1, $"Coupling is {Coupling}; it must be 0 or more, and at most 1 in a step.");
        Check(Noise is >= 0 and <= 1e3, $"Noise is {Noise}; it must be 0 to 1,000.");
        Check(Smoothing is > 0 and <= 1, $"Smoothing is {Smoothing}; it must be above 0, at most 1.");
        Check(IdlePeriods is > 1 and <= 1e6, $"IdlePeriods is {IdlePeriods}; it must be above 1.");
        Check(LeastPeriod > TimeSpan.Zero && LeastPeriod <= MostPeriod, $"LeastPeriod is {LeastPeriod} and MostPeriod {MostPeriod}; they must be above 0 and in this order.");
        return faults;

        void Check(bool holds, string fault)
        {
            if (!holds)
                faults.Add(fault);
        }
    }
}
