using Mesh.Contracts.Experts;
using Mesh.Governance.Http;
using Microsoft.Extensions.Options;

namespace Router.Api.Experts;

/// <summary><see cref="TransportKind.Direct"/>: the actor says where the expert lives and signs the ticket.</summary>
internal sealed class DirectTransport(
    IExpertActors actors, ExpertMetrics metrics, IOptions<RegistryOptions> options, TimeProvider time, ILogger<DirectExpertChannel> logger) : IExpertTransport
{
    public async Task<IExpertConnection> ConnectAsync(ExpertStatus status, CancellationToken cancellationToken)
    {
        var admission = await actors.AdmitAsync(status.Id, cancellationToken);
        return await DirectExpertChannel.OpenAsync(status.Id, admission, options.Value.CallTimeout, metrics, time, logger, cancellationToken);
    }
}

/// <summary>While the mesh is halted workers open no stream: none is asked, and all are at once when it goes on.</summary>
internal sealed class WaitingTransport(IExpertTransport inner, IMeshNode node) : IExpertTransport
{
    public async Task<IExpertConnection> ConnectAsync(ExpertStatus status, CancellationToken cancellationToken)
    {
        for (var seen = node.Revision; !node.MaySpeak;)
            seen = await node.WaitForChangeAsync(seen, cancellationToken);
        return await inner.ConnectAsync(status, cancellationToken);
    }
}

/// <summary><see cref="TransportKind.Actor"/>.</summary>
internal sealed class ActorTransport(IExpertActors actors, ExpertMetrics metrics, ILogger<ActorExpertChannel> logger) : IExpertTransport
{
    public Task<IExpertConnection> ConnectAsync(ExpertStatus status, CancellationToken cancellationToken) =>
        Task.FromResult<IExpertConnection>(new ActorExpertChannel(status.Id, actors, metrics, logger));
}
