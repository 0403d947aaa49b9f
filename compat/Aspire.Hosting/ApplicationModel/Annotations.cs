using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>An endpoint of a resource. Here every endpoint is reached directly: <see cref="Port"/> is what the process listens on.</summary>
public sealed class EndpointAnnotation(ProtocolType protocol, string? uriScheme = null, string? transport = null, string? name = null, int? port = null, int? targetPort = null, bool? isExternal = null, bool isProxied = true)
    : IResourceAnnotation
{
    public ProtocolType Protocol { get; set; } = protocol;
    public string UriScheme { get; set; } = uriScheme ?? "tcp";
    public string Name { get; set; } = name ?? uriScheme ?? "tcp";
    public string Transport { get; set; } = transport ?? "http";
    public string TargetHost { get; set; } = "localhost";
    public int? Port { get; set; } = port;
    public int? TargetPort { get; set; } = targetPort;
    public bool IsExternal { get; set; } = isExternal ?? false;
    public bool IsProxied { get; set; } = isProxied;

    /// <summary>Environment variable that tells the process its port; null for the ones in ASPNETCORE_URLS.</summary>
    internal string? Variable { get; set; }

    internal int? Allocated { get; set; }

    /// <summary>localhost may be ::1 first; the processes listen on 127.0.0.1.</summary>
    internal string Host => TargetHost == "localhost" ? "127.0.0.1" : TargetHost;
}

public sealed class EnvironmentCallbackContext(DistributedApplicationExecutionContext executionContext, IResource resource, Dictionary<string, object>? environmentVariables = null, CancellationToken cancellationToken = default)
{
    public Dictionary<string, object> EnvironmentVariables { get; } = environmentVariables ?? [];
    public DistributedApplicationExecutionContext ExecutionContext { get; } = executionContext;
    public IResource Resource { get; } = resource;
    public CancellationToken CancellationToken { get; } = cancellationToken;
    public ILogger Logger { get; set; } = Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;
}

public sealed class EnvironmentCallbackAnnotation : IResourceAnnotation
{
    public EnvironmentCallbackAnnotation(Action<EnvironmentCallbackContext> callback) => Callback = context =>
    {
        callback(context);
        return Task.CompletedTask;
    };

    public EnvironmentCallbackAnnotation(Func<EnvironmentCallbackContext, Task> callback) => Callback = callback;

    public Func<EnvironmentCallbackContext, Task> Callback { get; }
}

public sealed class CommandLineArgsCallbackContext(IList<object> args, CancellationToken cancellationToken = default)
{
    public IList<object> Args { get; } = args;
    public CancellationToken CancellationToken { get; } = cancellationToken;
}

public sealed class CommandLineArgsCallbackAnnotation(Action<CommandLineArgsCallbackContext> callback) : IResourceAnnotation
{
    public Action<CommandLineArgsCallbackContext> Callback { get; } = callback;
}

public enum WaitType
{
    WaitUntilHealthy,
    WaitForCompletion,
    WaitUntilStarted,
}

public sealed class WaitAnnotation(IResource resource, WaitType waitType, int exitCode = 0) : IResourceAnnotation
{
    public IResource Resource { get; } = resource;
    public WaitType WaitType { get; } = waitType;
    public int ExitCode { get; } = exitCode;
}

public enum ResourceAnnotationMutationBehavior
{
    Append,
    Replace,
}

/// <summary>How the stand-in probes a resource; the official package keeps this in a health check registration.</summary>
internal sealed record HttpProbeAnnotation(string Path, int StatusCode, string? EndpointName) : IResourceAnnotation;

/// <summary>Lines that hold this text are kept for the resource page but stay off the console.</summary>
internal sealed record QuietAnnotation(string Text) : IResourceAnnotation;

/// <summary>A line that holds this text means that the process is of no more use though it runs on: it is killed, and restarted like any that crashed.</summary>
internal sealed record FatalLineAnnotation(string Text) : IResourceAnnotation;

/// <summary>It has nothing to finish: when it ends and nobody asked for that, it is restarted whatever its exit code.</summary>
internal sealed record EndlessAnnotation : IResourceAnnotation;

/// <summary>Not shown in the table; its logs are.</summary>
internal sealed record HiddenAnnotation : IResourceAnnotation;
