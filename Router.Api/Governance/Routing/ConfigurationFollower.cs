using Mesh.Governance.Configurations;
using Mesh.Governance.Http;
using Router.Api.Experts;

namespace Router.Api.Governance.Routing;

/// <summary>
/// Brings this router to the configuration that its node has: settings and quarantine at once, then the experts and the gate files, which take their time; a newer
/// version does not wait for them.
/// </summary>
internal sealed partial class ConfigurationFollower(
    IMeshNode node, RoutingSource routing, GateArtifacts gates, IExpertDirectory experts, TimeProvider time, ILogger<ConfigurationFollower> log) : BackgroundService
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>What the node knows at start holds from the first request on.</summary>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        routing.Apply(node.Configuration, gates.Find);
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var revision = node.Revision;
            var configuration = node.Configuration;
            routing.Apply(configuration, gates.Find);
            using var superseded = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            var work = configuration is null ? Task.CompletedTask : BringAsync(configuration, superseded.Token);
            Task change = node.WaitForChangeAsync(revision, stoppingToken);
            await change.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await superseded.CancelAsync();
            await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Tries until everything is here.</summary>
    private async Task BringAsync(MeshConfiguration configuration, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(LongestPause, time);
        while (true)
        {
            var done = await TryAsync(() => GovernAsync(configuration, cancellationToken), cancellationToken);
            foreach (var gate in new[] { configuration.Routing.Gate, configuration.Canary?.Routing.Gate }.OfType<string>().Distinct())
            {
                var isNew = gates.Find(gate) is null;
                done &= await TryAsync(() => gates.EnsureAsync(gate, cancellationToken), cancellationToken);
                if (isNew && gates.Find(gate) is not null)
                    routing.Apply(configuration, gates.Find);
            }
            if (done)
                return;
            await backoff.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Both sides' experts are loaded; who may vote for whom is the routing's.</summary>
    private Task GovernAsync(MeshConfiguration configuration, CancellationToken cancellationToken)
    {
        var (control, tried) = (configuration.Routing.Experts, configuration.Canary?.Routing.Experts.Admitted ?? []);
        // One name is one expert: a candidate that would replace another stands back until it is promoted.
        var brought = tried.Where(t => control.Admitted.All(a => a.Id != t.Id)).ToList();
        return experts.GovernAsync([.. control.Admitted, .. brought], [.. control.Removed.Where(r => brought.All(b => b.Id != r))], cancellationToken);
    }

    private async Task<bool> TryAsync(Func<Task> step, CancellationToken cancellationToken)
    {
        try
        {
            await step();
            return true;
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            LogBehind(fault.Message);
            return false;
        }
    }

    [LoggerMessage(LogLevel.Warning, "The configuration is not all here yet, it is tried on: {Reason}")]
    private partial void LogBehind(string reason);
}
