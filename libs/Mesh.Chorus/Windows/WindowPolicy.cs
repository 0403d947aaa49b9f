namespace Mesh.Chorus.Windows;

/// <summary>When an expert that is idle begins to decode what waits for it.</summary>
public enum WindowPolicy
{
    /// <summary>Whatever is there, at once, but for a short gathering (<see cref="BatchWindow.Gathering"/>) where that is allowed.</summary>
    AtOnce,
    /// <summary>When every session that is expected is there, or the first of them has waited half a decode.</summary>
    HalfDecode,
    /// <summary>When every session that is expected is there, or the first of them has waited a decode.</summary>
    AllExpected,
    /// <summary>When every session that is expected is there, or the expert's phase passes its boundary.</summary>
    Phases,
    /// <summary><see cref="AtOnce"/> or <see cref="AllExpected"/>, whichever a <see cref="WindowTrial"/> finds faster here.</summary>
    Auto,
}

/// <summary>The phase of an expert as far as its windows need it; whoever turns the phases implements it.</summary>
public interface IPhaseBoundary
{
    /// <summary>The timestamp of the first whole turn that comes after one, as it looks now. Called often, by one thread.</summary>
    long NextAfter(long timestamp);
}
