using System.Collections.Concurrent;
using Dapr.Actors;
using Dapr.Actors.Client;
using Mesh.Contracts.Experts;
using Microsoft.Extensions.Options;

namespace Router.Api.Experts;

/// <summary>The actors through this router's sidecar.</summary>
internal sealed class DaprExpertActors(IOptions<RegistryOptions> options, TimeProvider time, IConfiguration configuration) : IExpertActors, IDisposable
{
    // Own handler: retries and time-outs of ordinary clients would repeat turns of an actor.
    private readonly SocketsHttpHandler _handler = new() { EnableMultipleHttp2Connections = true, ConnectTimeout = TimeSpan.FromSeconds(2) };
    private readonly ConcurrentDictionary<ExpertId, ActorProxy> _proxies = [];
    private readonly string _router = configuration["Mesh:Instance"] ?? configuration["OTEL_SERVICE_NAME"] ?? $"router on {Environment.MachineName}";
    private ActorProxyFactory? _factory;

    public Task<ExpertStatus> ConfigureAsync(ExpertSpec spec, CancellationToken cancellationToken) =>
        CallAsync(spec.Id, (actor, token) => actor.InvokeMethodAsync<ExpertSpec, ExpertStatus>(ExpertActorContract.Configure, spec, token), cancellationToken);

    public Task<ExpertStatus> DescribeAsync(ExpertId expert, CancellationToken cancellationToken) =>
        CallAsync(expert, (actor, token) => actor.InvokeMethodAsync<ExpertStatus>(ExpertActorContract.Describe, token), cancellationToken);

    public Task<StreamAdmission> AdmitAsync(ExpertId expert, CancellationToken cancellationToken) =>
        CallAsync(expert, (actor, token) => actor.InvokeMethodAsync<string, StreamAdmission>(ExpertActorContract.Admit, _router, token), cancellationToken);

    public Task<byte[]> StepAsync(ExpertId expert, byte[] batch, CancellationToken cancellationToken) =>
        CallAsync(expert, (actor, token) => actor.InvokeMethodAsync<byte[], byte[]>(ExpertActorContract.Step, batch, token), cancellationToken);

    public Task ReleaseAsync(ExpertId expert, byte[] sessions, CancellationToken cancellationToken) =>
        CallAsync(expert, async (actor, token) =>
        {
            await actor.InvokeMethodAsync(ExpertActorContract.Release, sessions, token);
            return true;
        }, cancellationToken);

    public Task<byte[]> EmbedAsync(ExpertId expert, byte[] texts, CancellationToken cancellationToken) =>
        CallAsync(expert, (actor, token) => actor.InvokeMethodAsync<byte[], byte[]>(ExpertActorContract.Embed, texts, token), cancellationToken);

    public Task RetireAsync(ExpertId expert, CancellationToken cancellationToken) =>
        CallAsync(expert, async (actor, token) =>
        {
            await actor.InvokeMethodAsync(ExpertActorContract.Retire, token);
            return true;
        }, cancellationToken);

    public void Dispose() => _handler.Dispose();

    private async Task<T> CallAsync<T>(ExpertId expert, Func<ActorProxy, CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        var limit = options.Value.CallTimeout;
        using var deadline = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            return await call(ProxyOf(expert), either.Token) ?? throw new ExpertUnreachableException(expert, "Its actor answered nothing.");
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested && fault is not ExpertUnreachableException)
        {
            var reason = deadline.IsCancellationRequested ? $"Its actor did not answer within {limit.TotalSeconds:0.#} s." : fault.Message;
            throw new ExpertUnreachableException(expert, reason, fault);
        }
    }

    private ActorProxy ProxyOf(ExpertId expert) => _proxies.GetOrAdd(expert, static (id, self) =>
    {
        var factory = self._factory ??= new ActorProxyFactory(
            new ActorProxyOptions { HttpEndpoint = self.Endpoint(), DaprApiToken = self.Token() }, self._handler);
        return factory.Create(new ActorId(id.Value), ExpertActorContract.ActorType);
    }, this);

    private string? Token() => configuration["DAPR_API_TOKEN"];

    private string Endpoint() => configuration["DAPR_HTTP_ENDPOINT"] is { Length: > 0 } endpoint
        ? endpoint
        : $"http://127.0.0.1:{configuration["DAPR_HTTP_PORT"] ?? "3500"}";
}
