using Mesh.Chorus.Phases;
using Mesh.Chorus.Tests.Phases;
using Mesh.Chorus.Windows;
using Microsoft.Extensions.Time.Testing;

namespace Mesh.Chorus.Tests.Windows;

public sealed class PhaseBoundaryTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void The_next_boundary_is_a_whole_turn_after_the_last()
    {
        var start = _clock.GetTimestamp();
        var field = new PhaseField(new(), _clock);
        field.Join("a", new Metronome(_clock, 40));
        for (var i = 0; i < 202; i++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(5));
            field.Advance();
        }
        var boundary = new PhaseBoundary(field, "a");
        Assert.Equal(1040, At(boundary.NextAfter(_clock.GetTimestamp())), 0.1);
        Assert.Equal(1080, At(boundary.NextAfter(_clock.GetTimestamp() + Ticks(35))), 0.1);
        Assert.Equal(1000, At(boundary.NextAfter(_clock.GetTimestamp() - Ticks(20))), 0.1);   // before the snapshot

        double At(long timestamp) => _clock.GetElapsedTime(start, timestamp).TotalMilliseconds;
        long Ticks(double milliseconds) => (long)(milliseconds / 1000 * _clock.TimestampFrequency);
    }

    [Fact]
    public void Who_does_not_turn_waits_for_nobody() => Assert.Equal(123, new PhaseBoundary(new(new(), _clock), "nobody").NextAfter(123));
}
