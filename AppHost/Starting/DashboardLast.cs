using AppHost.Terminal;
using Aspire.Hosting.Eventing;
using Aspire.Hosting.Lifecycle;

namespace AppHost.Starting;

/// <summary>The dashboard starts once the services are up: it takes as much processor as all of them, and nobody has its address before.</summary>
internal sealed class DashboardLast : IDistributedApplicationEventingSubscriber
{
    public Task SubscribeAsync(IDistributedApplicationEventing eventing, DistributedApplicationExecutionContext executionContext, CancellationToken cancellationToken)
    {
        eventing.Subscribe<BeforeStartEvent>((start, _) =>
        {
            if (start.Model.Resources.FirstOrDefault(r => r.Name == Shown.Dashboard) is { } dashboard)
                foreach (var service in start.Model.Resources.OfType<ProjectResource>())
                    dashboard.Annotations.Add(new WaitAnnotation(service, WaitType.WaitUntilHealthy) { WaitBehavior = WaitBehavior.WaitOnResourceUnavailable });
            return Task.CompletedTask;
        });
        return Task.CompletedTask;
    }
}
