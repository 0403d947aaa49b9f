using System.Diagnostics;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;

namespace CommunityToolkit.Aspire.Hosting.Dapr;

internal static class FatalLines
{
    /// <summary>A line that holds this text means that the process is of no more use though it runs on: it is killed; whoever restarts what crashed restarts it.</summary>
    public static IResourceBuilder<ExecutableResource> KillOnLine(this IResourceBuilder<ExecutableResource> builder, string text) => builder.OnInitializeResource((resource, e, cancellationToken) =>
    {
        _ = WatchAsync(resource, text, e.Services);
        return Task.CompletedTask;
    });

    private static async Task WatchAsync(ExecutableResource resource, string text, IServiceProvider services)
    {
        var stop = services.GetRequiredService<Microsoft.Extensions.Hosting.IHostApplicationLifetime>().ApplicationStopping;
        var notifications = services.GetRequiredService<ResourceNotificationService>();
        try
        {
            await foreach (var batch in services.GetRequiredService<ResourceLoggerService>().WatchAsync(resource).WithCancellation(stop))
                if (batch.Any(line => line.Content.Contains(text, StringComparison.Ordinal)) && Pid() is { } pid)
                    Kill(pid);
        }
        catch (OperationCanceledException)
        {
            // The application stops.
        }

        int? Pid() => notifications.TryGetCurrentState(resource.Name, out var now) ? now.Snapshot.Properties.FirstOrDefault(p => p.Name == "executable.pid")?.Value as int? : null;
    }

    private static void Kill(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            process.Kill();
        }
        catch (ArgumentException)
        {
            // It is gone already.
        }
    }
}
