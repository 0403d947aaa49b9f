using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Orchestration;

/// <summary>Asks a resource over HTTP how it is: often until it is well, then now and then.</summary>
internal static class HealthProbe
{
    private static readonly TimeSpan Eager = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(2);
    private static readonly HttpClient Client = new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(1) }) { Timeout = TimeSpan.FromSeconds(5) };

    public static async Task WatchAsync(IResource resource, ResourceNotificationService notifications, TimeProvider time, Action onHealthy, CancellationToken stop)
    {
        var probes = resource.Annotations.OfType<HttpProbeAnnotation>().ToArray();
        if (probes.Length == 0)
            return;
        var healthy = false;
        try
        {
            for (; ; )
            {
                var answers = await Task.WhenAll(probes.Select(p => IsWellAsync(resource, p, stop)));
                if (healthy != Array.TrueForAll(answers, well => well))
                {
                    healthy = !healthy;
                    if (healthy)
                        onHealthy();
                    await notifications.PublishUpdateAsync(resource, s => s with { HealthStatus = healthy ? HealthStatus.Healthy : HealthStatus.Unhealthy });
                }
                await Task.Delay(healthy ? Calm : Eager, time, stop);
            }
        }
        catch (OperationCanceledException)
        {
            // The process ended or is being stopped: whoever noticed says so.
        }
    }

    private static async Task<bool> IsWellAsync(IResource resource, HttpProbeAnnotation probe, CancellationToken stop)
    {
        var endpoint = resource.Annotations.OfType<EndpointAnnotation>()
            .FirstOrDefault(e => probe.EndpointName is null ? e.UriScheme is "http" or "https" : string.Equals(e.Name, probe.EndpointName, StringComparison.OrdinalIgnoreCase));
        if (endpoint is null)
            return false;
        try
        {
            using var response = await Client.GetAsync($"{endpoint.UriScheme}://{endpoint.Host}:{endpoint.Allocated}{probe.Path}", stop);
            return (int)response.StatusCode == probe.StatusCode;
        }
        catch (Exception fault) when (fault is HttpRequestException || (fault is OperationCanceledException && !stop.IsCancellationRequested))
        {
            return false;
        }
    }
}
