using System.Text.RegularExpressions;
using Microsoft.Extensions.Hosting;

namespace AppHost.Terminal;

/// <summary>
/// The services' own lines, each after the name of its resource, and what AppHost says of any resource. The lines of the sidecars are in the dashboard: Dapr and its etcd
/// warn on every developer's machine.
/// </summary>
internal sealed partial class ResourceLines(DistributedApplicationModel model, ResourceNotificationService notifications, ResourceLoggerService logs, Screen screen, IHostApplicationLifetime life) : BackgroundService
{
    private static readonly string[] Colours = ["36", "33", "32", "35", "34", "96", "93", "92"];
    private static readonly string[] OfAspire = ["certificate authorit", "Successfully executed command"];
    private readonly bool _colour = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var resources = model.Processes();
        var width = resources.Max(r => r.Name.Length);
        var followed = new HashSet<string>();
        try
        {
            // Under which id Aspire keeps its lines a resource only knows when it is about to start.
            await foreach (var update in notifications.WatchAsync(life.ApplicationStopping))
                if (Array.IndexOf(resources, update.Resource) is >= 0 and var index && update.ResourceId != update.Resource.Name && followed.Add(update.ResourceId))
                    _ = FollowAsync(update.Resource, update.ResourceId, Prefix(update.Resource.Name.PadRight(width), index));
        }
        catch (OperationCanceledException)
        {
            // The application stops.
        }
    }

    private string Prefix(string name, int index) => _colour ? $"\e[{Colours[index % Colours.Length]}m{name} |\e[0m " : $"{name} | ";

    private async Task FollowAsync(IResource resource, string id, string prefix)
    {
        try
        {
            await foreach (var batch in logs.WatchAsync(id).WithCancellation(life.ApplicationStopping))
                foreach (var line in batch)
                    if (Stamp().Match(line.Content) is var stamp && IsShown(resource, line.Content[stamp.Length..]))
                        screen.Write(prefix + line.Content[stamp.Length..]);
        }
        catch (OperationCanceledException)
        {
            // The application stops.
        }
    }

    /// <summary>In brackets speaks whoever runs the resource: <c>[sys]</c> the orchestrator, else AppHost.</summary>
    private bool IsShown(IResource resource, string line) => !screen.IsStopping && (line.StartsWith('[')
        ? !line.StartsWith("[sys]", StringComparison.Ordinal)
        : resource is ProjectResource && !Array.Exists(OfAspire, text => line.Contains(text, StringComparison.Ordinal)));

    // What Aspire puts before each line.
    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT[\d:.]+Z ")]
    private static partial Regex Stamp();
}
