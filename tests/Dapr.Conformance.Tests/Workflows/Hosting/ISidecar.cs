namespace Dapr.Conformance.Tests.Workflows.Hosting;

/// <summary>A sidecar of one app, whose data outlive its process.</summary>
public interface ISidecar : IAsyncDisposable
{
    string GrpcEndpoint { get; }
    string HttpEndpoint { get; }

    /// <summary>Healthy when this returns; also after <see cref="KillAsync"/>, on the same data and ports.</summary>
    Task StartAsync();

    /// <summary>It runs no more, whoever ended it.</summary>
    bool HasEnded { get; }

    /// <summary>kill -9.</summary>
    Task KillAsync();
}
