using Aspire.Hosting.Orchestration;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting.ApplicationModel;

public static class KnownResourceCommands
{
    public static readonly string StartCommand = "start";
    public static readonly string StopCommand = "stop";
    public static readonly string RestartCommand = "restart";
}

public sealed class ExecuteCommandResult
{
    public required bool Success { get; init; }
    public string? ErrorMessage { get; init; }
}

/// <summary>Starts, stops and restarts single resources.</summary>
public class ResourceCommandService(IServiceProvider services)
{
    public Task<ExecuteCommandResult> ExecuteCommandAsync(IResource resource, string commandName, CancellationToken cancellationToken = default) =>
        ExecuteCommandAsync(resource.Name, commandName, cancellationToken);

    public async Task<ExecuteCommandResult> ExecuteCommandAsync(string resourceId, string commandName, CancellationToken cancellationToken = default)
    {
        var supervisor = services.GetRequiredService<Orchestrator>().Find(resourceId);
        if (supervisor is null)
            return new() { Success = false, ErrorMessage = $"There is no resource '{resourceId}'." };
        if (commandName == KnownResourceCommands.StopCommand)
            await supervisor.StopAsync(cancellationToken);
        else if (commandName == KnownResourceCommands.StartCommand)
            supervisor.Start();
        else if (commandName == KnownResourceCommands.RestartCommand)
        {
            await supervisor.StopAsync(cancellationToken);
            supervisor.Start();
        }
        else
            return new() { Success = false, ErrorMessage = $"There is no command '{commandName}': use start, stop or restart." };
        return new() { Success = true };
    }
}
