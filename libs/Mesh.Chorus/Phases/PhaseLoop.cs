namespace Mesh.Chorus.Phases;

/// <summary>
/// The phase clock: a thread of its own that advances the phases every few milliseconds. A step that hangs, or a machine that has no time for it, costs the phases their newness and tokens nothing.
/// </summary>
public sealed class PhaseLoop : IDisposable
{
    /// <summary>A step that hangs in somebody's counter is not awaited for longer; the thread ends when it comes back.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly PhaseField _field;
    private readonly PeriodicTimer _ticks;
    private readonly Thread _thread;

    /// <param name="field">Advanced by nobody else from now on.</param>
    public PhaseLoop(PhaseField field)
    {
        (_field, _ticks) = (field, new(field.Options.Step, field.Clock));
        _thread = new(Run) { IsBackground = true, Name = "phases" };
        _thread.Start();
    }

    public bool IsRunning => _thread.IsAlive;

    public void Dispose()
    {
        _ticks.Dispose();
        _thread.Join(Patience);
    }

    private void Run()
    {
        while (_ticks.WaitForNextTickAsync().AsTask().GetAwaiter().GetResult())
            _field.Advance();
    }
}
