using Expert.Worker.Experts;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Streams;
using Microsoft.Extensions.Options;

namespace Expert.Worker.Hosting;

/// <summary>What this worker is called and where its streams are served.</summary>
internal sealed class WorkerIdentity(IOptions<WorkerOptions> options, IConfiguration configuration, StreamListener listener)
{
    public string Name { get; } = options.Value.Name ?? configuration["Mesh:Instance"] ?? configuration["OTEL_SERVICE_NAME"] ?? $"{Environment.MachineName}/{Environment.ProcessId}";

    /// <summary>Null until the port is bound.</summary>
    public string? StreamUrlOf(ExpertId expert) => listener.Port is { } port
        ? new UriBuilder(Uri.UriSchemeHttp, listener.AdvertisedHost, port, StreamContract.PathOf(expert)).Uri.AbsoluteUri
        : null;
}
