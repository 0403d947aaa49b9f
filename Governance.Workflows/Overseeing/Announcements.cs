using Dapr.Client;
using Governance.Workflows.Hosting;
using Microsoft.Extensions.Options;

namespace Governance.Workflows.Overseeing;

/// <summary>What is told to whoever listens; a loss is repaired elsewhere, so a broker that is down stops nothing.</summary>
internal sealed partial class Announcements(DaprClient dapr, IOptions<ServiceOptions> options, TimeProvider time, ILogger<Announcements> log)
{
    public const string RemindersTopic = "governance-reminders", HaltTopic = "mesh-halt";

    public Task RemindAsync(string proposal, IReadOnlyList<string> waiting, bool isEscalated, CancellationToken cancellationToken) =>
        PublishAsync(RemindersTopic, new { proposal, waiting_for = waiting, escalated = isEscalated }, cancellationToken);

    public Task HaltAsync(string note, CancellationToken cancellationToken) => PublishAsync(HaltTopic, new { note }, cancellationToken);

    private async Task PublishAsync<T>(string topic, T message, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.Value.NodePatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await dapr.PublishEventAsync(options.Value.PubSub, topic, message, either.Token);
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotPublished(topic, fault.Message);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The broker did not take a message of the topic {Topic}: {Fault}")]
    private partial void LogNotPublished(string topic, string fault);
}
