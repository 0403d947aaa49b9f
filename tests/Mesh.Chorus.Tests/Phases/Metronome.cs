using Mesh.Chorus.Phases;

namespace Mesh.Chorus.Tests.Phases;

/// <summary>Begins a cycle every period, by a clock; stands still or fails when told to.</summary>
internal sealed class Metronome(TimeProvider clock, double milliseconds, double offset = 0) : ICycleCounter
{
    private readonly long _start = clock.GetTimestamp();
    private long _before;
    private double _since = offset;
    private CycleReading? _rest;

    public bool Fails { get; set; }

    public CycleReading Read()
    {
        if (Fails)
            throw new InvalidOperationException("The counter is out of order.");
        if (_rest is { } rest)
            return rest;
        var cycles = (long)Math.Max(0, Math.Floor((Now - _since) / milliseconds));
        return new(_before + cycles, _start + (long)((_since + cycles * milliseconds) / 1000 * clock.TimestampFrequency));
    }

    /// <summary>Goes on with another period from now.</summary>
    public void Change(double period) => (_before, _since, milliseconds, _rest) = (Read().Count, Now, period, null);

    public void Stop() => _rest = Read();

    private double Now => clock.GetElapsedTime(_start).TotalMilliseconds;
}
