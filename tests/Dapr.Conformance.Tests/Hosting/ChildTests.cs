using Dapr.Conformance.Tests.Workflows.Hosting;

namespace Dapr.Conformance.Tests.Hosting;

/// <summary>No run of the suite, however it ends, leaves a daprd, placement or scheduler behind.</summary>
public sealed class ChildTests
{
    [SkippableFact]
    public async Task A_child_ends_with_the_process_that_started_it()
    {
        Skip.If(OperatingSystem.IsWindows(), "There is no guard on Windows.");
        using var folder = new TempFolder();
        var guard = new OrphanGuard();
        await using var child = new Child(guard, "sleep", ["600"], folder["log"]);
        guard.Dispose(); // the kernel does that for a process that crashes
        await Eventually.HoldsAsync(() => child.HasExited, "the child is gone");
    }

    [SkippableTheory, InlineData(true), InlineData(false)]
    public async Task A_start_that_fails_leaves_nothing_behind(bool embedded)
    {
        var kind = embedded ? Kind.Embedded : Kind.Daprd;
        Skip.If(kind.Missing is not null, kind.Missing);
        var sidecars = kind.Create(new(new AppSpec("broken", null)) { MaxBodySize = "nonsense" });
        await Assert.ThrowsAsync<InvalidOperationException>(sidecars.StartAsync);
        Assert.Equal(0, sidecars.Running);
    }
}
