using System.Net;
using System.Net.Http.Json;
using Dapr.DurableTask.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.Extensions.Configuration;

namespace Mesh.Workflows.Sidecar;

/// <summary>A line to the sidecar beside the package's own, for questions about its health: no retries, short deadlines.</summary>
internal sealed class SidecarConnection : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private static readonly Marshaller<Empty> Nothing = Marshallers.Create(_ => Array.Empty<byte>(), _ => new Empty());
    private static readonly Method<Empty, Empty> Shutdown = new(MethodType.Unary, "dapr.proto.runtime.v1.Dapr", "Shutdown", Nothing, Nothing);
    private readonly CallInvoker _invoker;
    private readonly GrpcChannel _channel;
    private readonly HttpClient? _http;

    public SidecarConnection(IConfiguration configuration)
    {
        // As the package reads them: the app's configuration, then the environment.
        string? Setting(string key) => configuration[key] is { Length: > 0 } set ? set : Environment.GetEnvironmentVariable(key) is { Length: > 0 } variable ? variable : null;

        _channel = GrpcChannel.ForAddress(Setting("DAPR_GRPC_ENDPOINT") ?? $"http://127.0.0.1:{Setting("DAPR_GRPC_PORT") ?? "50001"}",
            new() { DisposeHttpClient = true, HttpHandler = new SocketsHttpHandler
            {
                ConnectTimeout = Limit,
                // A stalled wire is given up while a question waits for its answer.
                KeepAlivePingDelay = TimeSpan.FromSeconds(1),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(2),
                KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            } });
        _invoker = _channel.CreateCallInvoker();
        var token = Setting("DAPR_API_TOKEN");
        if (token is not null)
            _invoker = _invoker.Intercept(metadata => { metadata.Add("dapr-api-token", token); return metadata; });
        Client = new(_invoker);
        var address = Setting("DAPR_HTTP_ENDPOINT") ?? (Setting("DAPR_HTTP_PORT") is { } port ? $"http://127.0.0.1:{port}" : null);
        if (address is not null)
            _http = new() { BaseAddress = new(address), Timeout = Limit };
        if (token is not null)
            _http?.DefaultRequestHeaders.Add("dapr-api-token", token);
    }

    public TaskHubSidecarService.TaskHubSidecarServiceClient Client { get; }

    /// <summary>Its HTTP health, where that port is known, says whether components and actors are there; its gRPC port answers sooner.</summary>
    public async Task<bool> IsWellAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (_http is not null)
            {
                using var health = await _http.GetAsync("/v1.0/healthz/outbound", cancellationToken);
                if (!health.IsSuccessStatusCode)
                    return false;
            }
            await Client.HelloAsync(new Empty(), Soon(cancellationToken));
            return true;
        }
        // A host that could not start disposes of what its workers still use.
        catch (Exception e) when (e is HttpRequestException or RpcException or ObjectDisposedException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Ends the sidecar. Whoever runs it starts it again: the AppHost, Kubernetes, a service manager.</summary>
    public async Task ShutdownAsync(CancellationToken cancellationToken) => await _invoker.AsyncUnaryCall(Shutdown, null, Soon(cancellationToken), new Empty());

    /// <returns>Null for a key that does not exist, or a store that cannot be reached.</returns>
    public async Task<string?> ReadStateAsync(string store, string key)
    {
        try
        {
            using var answer = await Http.GetAsync($"/v1.0/state/{store}/{Uri.EscapeDataString(key)}");
            return answer.StatusCode == HttpStatusCode.OK ? await answer.Content.ReadFromJsonAsync<string>() : null;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }

    public async Task WriteStateAsync(string store, string key, string value, TimeSpan lifetime)
    {
        try
        {
            var metadata = new Dictionary<string, string> { ["ttlInSeconds"] = $"{lifetime.TotalSeconds:0}" };
            using var answer = await Http.PostAsJsonAsync($"/v1.0/state/{store}", new[] { new { key, value, metadata } });
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            // The step's result is in the ledger of this process all the same.
        }
    }

    private HttpClient Http => _http ?? throw new InvalidOperationException("A state store for results needs DAPR_HTTP_PORT or DAPR_HTTP_ENDPOINT.");

    public static CallOptions Soon(CancellationToken cancellationToken) => new(deadline: TimeProvider.System.GetUtcNow().UtcDateTime + Limit, cancellationToken: cancellationToken);

    public void Dispose()
    {
        _http?.Dispose();
        _channel.Dispose();
    }
}
