using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace AppHost.Terminal;

/// <summary>Says what is awaited while the mesh starts, and at the end where it is.</summary>
internal sealed class Progress(
    DistributedApplicationModel model, ResourceNotificationService notifications, IConfiguration configuration, Screen screen, IHostApplicationLifetime life, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CalmLimit = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var began = time.GetTimestamp();
        var resources = model.Processes();
        screen.Write($"Starting {string.Join(", ", resources.Select(r => r.Name))}.");
        try
        {
            await Task.WhenAll(resources.Select(async resource =>
            {
                await notifications.WaitForResourceHealthyAsync(resource.Name, WaitBehavior.WaitOnResourceUnavailable, life.ApplicationStopping);
                screen.Write($"{resource.Name} is up after {time.GetElapsedTime(began).TotalSeconds:0.0} s.");
            }));
            // The addresses come last, under what the services say when they begin.
            for (var healthy = time.GetTimestamp(); screen.Quiet < Calm && time.GetElapsedTime(healthy) < CalmLimit;)
                await Task.Delay(Calm / 4, time, life.ApplicationStopping);
            Announce();
        }
        catch (OperationCanceledException)
        {
            // Stopped before everything was up.
        }
    }

    private void Announce()
    {
        var lines = new List<string> { "", "The mesh is up." };
        if (Address(Shown.Dashboard) is { } dashboard)
            lines.Add($"  Dashboard: {dashboard}{(configuration["AppHost:BrowserToken"] is { Length: > 0 } token ? $"/login?t={token}" : "")}");
        lines.Add($"  Router:    {Address("router")}");
        lines.Add("Press Ctrl+C to shut down.");
        screen.Write(string.Join(Environment.NewLine, lines));
    }

    private string? Address(string resource) =>
        model.Resources.FirstOrDefault(r => r.Name == resource)?.Annotations.OfType<EndpointAnnotation>().FirstOrDefault(e => e.UriScheme == "http")?.AllocatedEndpoint?.UriString;
}
