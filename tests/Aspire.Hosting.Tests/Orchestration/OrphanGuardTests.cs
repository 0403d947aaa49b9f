using System.Diagnostics;
using Aspire.Hosting.Orchestration;

namespace Aspire.Hosting.Tests.Orchestration;

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
            guard.Dispose(); // what the end of the AppHost does, however it ends
            using var limit = new CancellationTokenSource(Limit);
            await watched.WaitForExitAsync(limit.Token);
            Assert.False(forgotten.HasExited);
        }
        finally
        {
            forgotten.Kill();
        }
    }

    [SkippableFact]
    public async Task Those_that_children_started_die_too()
    {
        Skip.If(OperatingSystem.IsWindows(), "There is no guard on Windows.");
        var start = OwnSession.Of("sh", ["-c", "sleep 1000 & echo $!; wait"]);
        start.RedirectStandardOutput = true;
        using var child = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Limit);
        using var grandchild = Process.GetProcessById(int.Parse((await child.StandardOutput.ReadLineAsync(limit.Token))!));
        var guard = new OrphanGuard();
        guard.Watch(child.Id);
        guard.Dispose();
        await child.WaitForExitAsync(limit.Token);
        await grandchild.WaitForExitAsync(limit.Token);
    }

    private static Process Sleep() => Process.Start("sleep", "1000");
}
