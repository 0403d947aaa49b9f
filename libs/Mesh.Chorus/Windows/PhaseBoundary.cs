using Mesh.Chorus.Phases;

namespace Mesh.Chorus.Windows;

/// <summary>A member's boundary as the newest snapshot of the phases tells it. One that does not turn has nobody to wait for: every moment is its boundary.</summary>
public sealed class PhaseBoundary(PhaseField field, string name) : IPhaseBoundary
{
    public long NextAfter(long timestamp)
    {
        var snapshot = field.Current;
        var until = snapshot.UntilBoundary(name, field.Clock.GetElapsedTime(snapshot.Timestamp, timestamp));
        return timestamp + (long)((until?.TotalSeconds ?? 0) * field.Clock.TimestampFrequency);
    }
}
