using System.Runtime.InteropServices;
using AppHost.Terminal;
using Microsoft.Extensions.Hosting;

namespace AppHost.Stopping;

/// <summary>Ctrl-C, SIGTERM and the end of the terminal stop everything in order; a second Ctrl-C waits for nothing, and the guard ends what is left.</summary>
internal sealed class Signals : IDisposable
{
    private const int Interrupted = 130;
    private readonly IHostApplicationLifetime _life;
    private readonly Screen _screen;
    private readonly PosixSignalRegistration[] _registrations;
    private int _interrupts;
    private static volatile bool _hasCome;

    /// <summary>What still complains is being ended.</summary>
    public static bool HasCome => _hasCome;

    public Signals(IHostApplicationLifetime life, Screen screen)
    {
        (_life, _screen) = (life, screen);
        _registrations = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, Stop))];
    }

    public void Dispose() => Array.ForEach(_registrations, registration => registration.Dispose());

    private void Stop(PosixSignalContext signal)
    {
        signal.Cancel = true;
        _hasCome = true;
        if (signal.Signal == PosixSignal.SIGINT && Interlocked.Increment(ref _interrupts) > 1)
            Environment.Exit(Interrupted);
        // At once: while it is still starting, or the orchestrator hangs, the orderly end may be a while away.
        _screen.OnStopping();
        _life.StopApplication();
    }
}
