using Dapr.Workflow.Wire;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.Extensions.Configuration;

namespace Dapr.Workflow.Hosting;

/// <summary>Where the sidecar is, read from the keys and variables every Dapr SDK reads, and the channel to it.</summary>
internal sealed class SidecarConnection : IDisposable
{
    /// <summary>A work item carries a whole history: the sidecar's own limit decides, this one only bounds memory.</summary>
    private const int MaxMessageBytes = 256 << 20;

    private readonly GrpcChannel _channel;
    private readonly HttpClient? _http;

    public SidecarConnection(IConfiguration? configuration)
    {
        string? Setting(string key) => configuration?[key] is { Length: > 0 } value ? value : Environment.GetEnvironmentVariable(key) is { Length: > 0 } env ? env : null;

        Address = Setting("DAPR_GRPC_ENDPOINT") ?? $"http://127.0.0.1:{Setting("DAPR_GRPC_PORT") ?? "50001"}";
        var token = Setting("DAPR_API_TOKEN");
        _channel = GrpcChannel.ForAddress(Address, new()
        {
            MaxReceiveMessageSize = MaxMessageBytes,
            MaxSendMessageSize = MaxMessageBytes,
            DisposeHttpClient = true,
            HttpHandler = new SocketsHttpHandler
            {
                EnableMultipleHttp2Connections = true,
                ConnectTimeout = TimeSpan.FromSeconds(5),
                // Sent only when nothing came for this long. The worker's Hello brings something more often than that, so a sound connection sees no pings at all
                // (daprd hangs up on callers that ping); a stalled one ends within 15 s, and with it whatever waited for it.
                KeepAlivePingDelay = TimeSpan.FromSeconds(10),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
                KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            },
        });
        var invoker = _channel.CreateCallInvoker();
        Client = new(token is null ? invoker : invoker.Intercept(metadata => { metadata.Add("dapr-api-token", token); return metadata; }));
        var http = Setting("DAPR_HTTP_ENDPOINT") ?? (Setting("DAPR_HTTP_PORT") is { } port ? $"http://127.0.0.1:{port}" : null);
        if (http is not null)
            _http = new() { BaseAddress = new(http), Timeout = TimeSpan.FromSeconds(5) };
    }

    public string Address { get; }

    public TaskHubSidecarService.TaskHubSidecarServiceClient Client { get; }

    /// <summary>
    /// Answers once the sidecar is ready for a work-item stream. A stream opened while its actors still initialise leaves the
    /// workflow actors of daprd 1.16 unregistered until it restarts; its HTTP health says when that is over, if the port is known.
    /// </summary>
    /// <exception cref="HttpRequestException">Not ready yet.</exception>
    /// <exception cref="RpcException">Not ready yet.</exception>
    public async Task EnsureReadyAsync(CancellationToken cancellationToken)
    {
        if (_http is not null)
        {
            using var health = await _http.GetAsync("/v1.0/healthz/outbound", cancellationToken);
            health.EnsureSuccessStatusCode();
        }
        await HelloAsync(cancellationToken);
    }

    public async Task HelloAsync(CancellationToken cancellationToken) =>
        await Client.HelloAsync(new(), deadline: DateTime.UtcNow.AddSeconds(30), cancellationToken: cancellationToken);

    public void Dispose()
    {
        _http?.Dispose();
        _channel.Dispose();
    }
}
