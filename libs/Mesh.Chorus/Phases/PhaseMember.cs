namespace Mesh.Chorus.Phases;

/// <summary>One member as the phases see it: its period is the average of its measured cycles, and it turns while it works.</summary>
internal sealed class PhaseMember(string name, ICycleCounter counter)
{
    private CycleReading? _last;
    private long _measured;

    public string Name => name;

    public ICycleCounter Counter => counter;

    /// <summary>Seconds; 0 until a cycle is measured.</summary>
    public double Period { get; private set; }

    /// <summary>Radians, 0 to below a turn.</summary>
    public double Phase { get; set; }

    public bool IsTurning { get; private set; }

    /// <summary>Takes a reading. The phase starts with the beginning of a cycle; from then on period and coupling turn it. The gap before the first cycle after a rest is none.</summary>
    /// <param name="read">Null: there is none, only time has passed.</param>
    public void Follow(CycleReading? read, long now, PhaseOptions options, TimeProvider clock)
    {
        var wasTurning = IsTurning;
        if (read is { } reading && reading.Count != _last?.Count)
        {
            if (_last is { Count: > 0 } last && (wasTurning || Period == 0))
                Measure(reading.Count - last.Count, clock.GetElapsedTime(last.LastBegan, reading.LastBegan).TotalSeconds, options);
            _last = reading;
        }
        var age = Math.Max(0, clock.GetElapsedTime(_last?.LastBegan ?? now, now).TotalSeconds);
        IsTurning = Period > 0 && age <= options.IdlePeriods * Math.Max(Period, options.Step.TotalSeconds);
        if (IsTurning && !wasTurning)
            Phase = PhaseSnapshot.Wrap(2 * Math.PI * age / Period);
    }

    /// <summary>
    /// The first cycles count more: what one says alone is soon forgotten. A counter that began anew measures nothing, nor do two cycles of one moment: the reading before was between the two
    /// writes of the counter.
    /// </summary>
    private void Measure(long cycles, double gap, PhaseOptions options)
    {
        if (cycles <= 0 || gap <= 0 || gap > cycles * options.MostPeriod.TotalSeconds)
            return;
        _measured += cycles;
        var weight = Math.Max((double)cycles / _measured, 1 - Math.Pow(1 - options.Smoothing, cycles));
        Period += (Math.Max(gap / cycles, options.LeastPeriod.TotalSeconds) - Period) * weight;
    }
}
