using System.Diagnostics;
using Dapr.Conformance.Tests.Workflows.Hosting;

namespace Dapr.Conformance.Tests.Hosting;

public sealed class OrphanGuardTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [SkippableFact]
    public async Task Children_die_when_the_pipe_breaks_and_forgotten_ones_do_not()
    {
        Skip.If(OperatingSystem.IsWindows(), "There is no guard on Windows.");
        using var watched = Sleep();
        using var forgotten = Sleep();
        try
        {
            var guard = new OrphanGuard();
            guard.Watch(watched.Id);
            guard.Watch(forgotten.Id);
            guard.Forget(forgotten.Id);
            guard.Dispose(); // what the end of its owner does, however it ends
            using var limit = new CancellationTokenSource(Limit);
            await watched.WaitForExitAsync(limit.Token);
            Assert.False(forgotten.HasExited);
        }
        finally
        {
            forgotten.Kill();
        }
    }

    private static Process Sleep() => Process.Start("sleep", "1000");
}
