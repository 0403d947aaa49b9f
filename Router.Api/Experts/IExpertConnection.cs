using Mesh.Contracts.Experts;

namespace Router.Api.Experts;

/// <summary>A channel for as long as it holds: once it has closed it stays closed and every step fails at once; the registry makes another.</summary>
public interface IExpertConnection : IExpertChannel, IAsyncDisposable
{
    /// <summary>Completes with the reason when the connection is of no more use. Never faults.</summary>
    Task<string> Closed { get; }

    /// <summary>True when steps go another way than the actor's calls, so that a lost sidecar does not end them.</summary>
    bool OutlivesSidecar { get; }

    /// <summary>Takes no more steps, lets those under way end, and closes; at the latest when <paramref name="cancellationToken"/> fires. Never faults.</summary>
    Task FinishAsync(CancellationToken cancellationToken);
}

/// <summary>Opens connections to experts.</summary>
public interface IExpertTransport
{
    /// <param name="status">What the ready expert has just said of itself.</param>
    /// <exception cref="ExpertUnreachableException">It could not be opened; the message says why.</exception>
    Task<IExpertConnection> ConnectAsync(ExpertStatus status, CancellationToken cancellationToken);
}
