using AppHost.Terminal;
using Aspire.Hosting.Eventing;
using Aspire.Hosting.Lifecycle;

namespace AppHost.Starting;

/// <summary>The dashboard starts once the services are up: it takes as much processor as all of them, and nobody has its address before. Where they do not come up it is needed all the same.</summary>
internal sealed class DashboardLast(DistributedApplicationModel model, ResourceNotificationService notifications, TimeProvider time) : IDistributedApplicationEventingSubscriber
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    public Task SubscribeAsync(IDistributedApplicationEventing eventing, DistributedApplicationExecutionContext executionContext, CancellationToken cancellationToken)
    {
        eventing.Subscribe<BeforeResourceStartedEvent>((start, stop) => start.Resource.Name == Shown.Dashboard ? ServicesAsync(stop) : Task.CompletedTask);
        return Task.CompletedTask;
    }

    private async Task ServicesAsync(CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        Task up = Task.WhenAll(model.Resources.OfType<ProjectResource>().Select(service => notifications.WaitForResourceHealthyAsync(service.Name, WaitBehavior.WaitOnResourceUnavailable, either.Token)));
        await up.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.ThrowIfCancellationRequested();
    }
}
