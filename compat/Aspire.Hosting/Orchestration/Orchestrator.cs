using System.Diagnostics;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Orchestration;

internal sealed record OrchestratorOptions(bool RandomPorts, bool DisableDashboard);

/// <summary>Starts and stops all resources; prints one table when everything is up.</summary>
internal sealed class Orchestrator(
    DistributedApplicationModel model, ResourceNotificationService notifications, ResourceLogs logs, IDistributedApplicationEventing eventing,
    DistributedApplicationExecutionContext execution, OrchestratorOptions options, ResourcePage page, IServiceProvider services, IHostApplicationLifetime lifetime) : IHostedService, IAsyncDisposable
{
    private readonly OrphanGuard _guard = new();
    private List<ResourceSupervisor> _supervisors = [];

    public ResourceSupervisor? Find(string name) => _supervisors.Find(s => string.Equals(s.Resource.Name, name, StringComparison.OrdinalIgnoreCase));

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Console.WriteLine("Distributed application starting.");
        await eventing.PublishAsync(new BeforeStartEvent(services, model), cancellationToken);
        Ports.Allocate(model.Resources, options.RandomPorts);
        var processes = model.Resources.Where(r => r is ProjectResource or ExecutableResource).ToArray();
        foreach (var project in processes.OfType<ProjectResource>())
            if (project.TryGetLastAnnotation<IProjectMetadata>(out var metadata))
                BuildOutput.Find(metadata.ProjectPath);
        _supervisors = [.. processes.Select(r => new ResourceSupervisor(r, notifications, logs, _guard, execution, TimeProvider.System))];
        foreach (var supervisor in _supervisors)
            await notifications.PublishUpdateAsync(supervisor.Resource, s => s with { State = KnownResourceStates.NotStarted });
        if (!options.DisableDashboard)
            await OpenPageAsync(cancellationToken);
        foreach (var supervisor in _supervisors)
            supervisor.Start();
        if (!options.RandomPorts)
            _ = AnnounceAsync(lifetime.ApplicationStopping);
    }

    /// <summary>Projects first, while their sidecars still listen; then the rest.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        Console.WriteLine("Stopping.");
        logs.OnStopping();
        await page.StopAsync(cancellationToken);
        await Task.WhenAll(_supervisors.Where(s => s.Resource is ProjectResource).Select(s => s.StopAsync(cancellationToken)));
        await Task.WhenAll(_supervisors.Where(s => s.Resource is not ProjectResource).Select(s => s.StopAsync(cancellationToken)));
        Console.WriteLine($"Stopped everything in {clock.Elapsed.TotalSeconds:0.0} s.");
    }

    /// <summary>Whoever disposes without stopping leaves nothing running either.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_supervisors.Select(s => s.StopAsync(CancellationToken.None)));
        _guard.Dispose();
    }

    /// <summary>The mesh runs without its page when the port chosen for it is taken.</summary>
    private async Task OpenPageAsync(CancellationToken cancellationToken)
    {
        try
        {
            await page.StartAsync(cancellationToken);
            Console.WriteLine($"Resource page: {page.Login}");
        }
        catch (IOException fault)
        {
            Console.WriteLine($"Resource page is off: {fault.Message}");
        }
    }

    private async Task AnnounceAsync(CancellationToken stop)
    {
        try
        {
            foreach (var supervisor in _supervisors)
                await notifications.WaitForResourceAsync(supervisor.Resource.Name, ResourceNotificationService.IsHealthy, stop);
            Console.WriteLine(Table());
            if (page.Login is { } login)
                Console.WriteLine($"  Resource page: {login}{Environment.NewLine}");
            Console.WriteLine("Distributed application started. Press Ctrl+C to shut down.");
        }
        catch (OperationCanceledException)
        {
            // Stopped before everything was up.
        }
    }

    /// <summary>The first two; the page has them all.</summary>
    private static string Endpoints(IReadOnlyList<UrlSnapshot> urls) =>
        string.Join("  ", urls.Take(2).Select(u => u.Name == "http" ? u.Url : $"{u.Name} {u.Url}")) + (urls.Count > 2 ? $"  and {urls.Count - 2} more" : "");

    private string Table()
    {
        var rows = _supervisors.Select(s => s.Resource).Where(r => !r.Annotations.OfType<HiddenAnnotation>().Any())
            .Select(r => (r.Name, Urls: notifications.TryGetCurrentState(r.Name, out var e) ? Endpoints(e.Snapshot.Urls) : ""))
            .ToArray();
        var width = Math.Max("Resource".Length, rows.Max(r => r.Name.Length));
        return string.Join(Environment.NewLine, rows.Select(r => $"  {r.Name.PadRight(width)}  {r.Urls}").Prepend($"  {"Resource".PadRight(width)}  Endpoints").Append(""));
    }
}
