using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace AppHost.Terminal;

/// <summary>Says what is awaited while the mesh starts, and at the end where it is.</summary>
internal sealed class Progress(
    DistributedApplicationModel model, ResourceNotificationService notifications, IConfiguration configuration, Screen screen, IHostApplicationLifetime life, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan CalmLimit = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, bool> _awaited = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var began = time.GetTimestamp();
        var resources = model.Processes();
        foreach (var resource in resources)
            _awaited[resource.Name] = true;
        screen.Write($"Starting {string.Join(", ", resources.Select(r => r.Name))}.");
        try
        {
            var up = Task.WhenAll(resources.Select(async resource =>
            {
                await HealthyAsync(resource.Name);
                _awaited.TryRemove(resource.Name, out _);
                screen.Write($"{resource.Name} is up after {time.GetElapsedTime(began).TotalSeconds:0.0} s.");
            }));
            if (await Task.WhenAny(up, Task.Delay(Patience, time, life.ApplicationStopping)) != up && !life.ApplicationStopping.IsCancellationRequested)
                screen.Write($"Not up yet: {string.Join(", ", _awaited.Keys.Order())}. Their logs are in the dashboard: {Dashboard()}");
            await up;
            if (model.Resources.Any(r => r.Name == Shown.Dashboard))
                await Task.WhenAny(HealthyAsync(Shown.Dashboard), Task.Delay(Patience, time, life.ApplicationStopping));
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

    private Task HealthyAsync(string resource) => notifications.WaitForResourceHealthyAsync(resource, WaitBehavior.WaitOnResourceUnavailable, life.ApplicationStopping);

    private void Announce()
    {
        var lines = new List<string> { "", "The mesh is up." };
        if (Dashboard() is { } dashboard)
            lines.Add($"  Dashboard: {dashboard}");
        lines.Add($"  Router:    {Address("router")}");
        lines.Add("Press Ctrl+C to shut down.");
        screen.Write(string.Join(Environment.NewLine, lines));
    }

    /// <summary>With the token that lets in.</summary>
    private string? Dashboard() =>
        Address(Shown.Dashboard) is { } address ? configuration["AppHost:BrowserToken"] is { Length: > 0 } token ? $"{address}/login?t={token}" : address : null;

    private string? Address(string resource) =>
        model.Resources.FirstOrDefault(r => r.Name == resource)?.Annotations.OfType<EndpointAnnotation>().FirstOrDefault(e => e.UriScheme == "http")?.AllocatedEndpoint?.UriString;
}
