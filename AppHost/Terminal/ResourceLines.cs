using System.Text.RegularExpressions;
using Microsoft.Extensions.Hosting;

namespace AppHost.Terminal;

/// <summary>
/// The services' own lines, each after the name of its resource, and what AppHost says of any resource. The lines of the sidecars are in the dashboard: Dapr and its etcd
/// warn on every developer's machine.
/// </summary>
internal sealed partial class ResourceLines(DistributedApplicationModel model, ResourceLoggerService logs, Screen screen, IHostApplicationLifetime life) : BackgroundService
{
    private static readonly string[] Colours = ["36", "33", "32", "35", "34", "96", "93", "92"];
    private static readonly string[] OfAspire = ["certificate authorit", "Successfully executed command"];
    private readonly bool _colour = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null;

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var resources = model.Processes();
        var width = resources.Max(r => r.Name.Length);
        return Task.WhenAll(resources.Select((resource, index) => FollowAsync(resource, Prefix(resource.Name.PadRight(width), index))));
    }

    private string Prefix(string name, int index) => _colour ? $"\e[{Colours[index % Colours.Length]}m{name} |\e[0m " : $"{name} | ";

    private async Task FollowAsync(IResource resource, string prefix)
    {
        try
        {
            await foreach (var batch in logs.WatchAsync(resource).WithCancellation(life.ApplicationStopping))
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
