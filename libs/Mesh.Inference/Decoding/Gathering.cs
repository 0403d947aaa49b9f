using Mesh.Chorus.Windows;

namespace Mesh.Inference.Decoding;

/// <summary>Lets the decode thread wait for the sessions that its window expects, ready for whoever comes meanwhile.</summary>
internal sealed class Gathering(BatchWindow window, AutoResetEvent signal)
{
    /// <summary>A shorter wait is not worth a sleep.</summary>
    private static readonly TimeSpan ShortestSleep = TimeSpan.FromMilliseconds(1);

    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Waits until somebody comes, cancels or stops the loop, or the time is over; the loop then looks again. Between the parts of a step (a prompt in chunks, a continuation) nobody is waited for.
    /// </summary>
    /// <returns>False: the next batch begins now.</returns>
    public bool Waits(List<StepWork> running)
    {
        foreach (var work in running)
            if (work.BatchCount > 0)
                return false;
        var wait = window.Wait();
        if (wait <= TimeSpan.Zero)
            return false;
        if (wait >= ShortestSleep)
            signal.WaitOne(wait < LongestSleep ? wait : LongestSleep);
        else
            Thread.Yield();
        return true;
    }
}
