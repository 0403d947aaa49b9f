using Microsoft.Extensions.Hosting;

namespace AppHost;

/// <summary>Services end before their sidecars: without one they could not say goodbye. Aspire itself stops everything at once; hosted services stop in reverse order, so this one comes first.</summary>
internal sealed class OrderlyEnd(DistributedApplicationModel model, ResourceCommandService commands) : IHostedService
{
    private Task? _end;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>A test and the entry point that it runs both stop the application: the second has nobody left to talk to.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _end ??=
        Task.WhenAll(model.Resources.OfType<ProjectResource>().Select(service => commands.ExecuteCommandAsync(service, KnownResourceCommands.StopCommand, cancellationToken)));
}
