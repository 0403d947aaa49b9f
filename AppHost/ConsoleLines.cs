using System.Text.RegularExpressions;
using Aspire.Hosting.Eventing;
using Aspire.Hosting.Lifecycle;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AppHost;

/// <summary>The services' own lines on the console, each after the name of its resource; the dashboard has everybody's.</summary>
internal sealed partial class ConsoleLines(ResourceLoggerService logs, IHostApplicationLifetime life) : IDistributedApplicationEventingSubscriber
{
    private static readonly Lock Gate = new();

    public static void Add(IDistributedApplicationBuilder builder)
    {
        builder.Services.AddEventingSubscriber<ConsoleLines>();
        builder.Services.AddLogging(logging => logging
            .AddSimpleConsole(console => console.SingleLine = true)
            .AddFilter("Microsoft.AspNetCore", LogLevel.Warning)
            .AddFilter("Aspire.Hosting.Dcp", LogLevel.Warning));
    }

    public Task SubscribeAsync(IDistributedApplicationEventing eventing, DistributedApplicationExecutionContext execution, CancellationToken cancellationToken)
    {
        if (execution.IsRunMode)
            eventing.Subscribe<BeforeStartEvent>((e, stop) =>
            {
                var services = e.Model.Resources.OfType<ProjectResource>().ToArray();
                var width = services.Max(s => s.Name.Length);
                foreach (var service in services)
                    _ = FollowAsync(service, width);
                return Task.CompletedTask;
            });
        return Task.CompletedTask;
    }

    private async Task FollowAsync(ProjectResource service, int width)
    {
        try
        {
            await foreach (var batch in logs.WatchAsync(service).WithCancellation(life.ApplicationStopping))
                foreach (var line in batch)
                    if (Stamp().Match(line.Content) is { Success: true } stamp && !line.Content.AsSpan(stamp.Length).StartsWith("[sys]"))
                        lock (Gate)
                            Console.WriteLine($"{service.Name.PadRight(width)} | {line.Content[stamp.Length..]}");
        }
        catch (OperationCanceledException)
        {
            // The application stops.
        }
    }

    // What Aspire puts before each line.
    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT[\d:.]+Z ")]
    private static partial Regex Stamp();
}
