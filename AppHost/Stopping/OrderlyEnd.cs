using AppHost.Starting;
using AppHost.Terminal;
using Microsoft.Extensions.Hosting;

namespace AppHost.Stopping;

/// <summary>
/// Services end before their sidecars: without one they could not say goodbye. Aspire itself stops everything at once; hosted services stop in reverse order, so this one
/// comes first.
/// </summary>
internal sealed class OrderlyEnd(DistributedApplicationModel model, ResourceCommandService commands, DataFolder folder, Screen screen) : IHostedService, IDisposable
{
    private Task? _end;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>A test and the entry point that it runs both stop the application: the second has nobody left to talk to.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _end ??= EndAsync(cancellationToken);

    /// <summary>After everything else is gone: the next mesh may have the folder.</summary>
    public void Dispose() => folder.Dispose();

    private Task EndAsync(CancellationToken cancellationToken)
    {
        screen.OnStopping();
        return Task.WhenAll(model.Resources.OfType<ProjectResource>().Select(service => commands.ExecuteCommandAsync(service, KnownResourceCommands.StopCommand, cancellationToken)));
    }
}
