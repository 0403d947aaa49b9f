namespace Dapr.Conformance.Tests.Workflows.Hosting;

/// <summary>A sidecar whose gRPC port is reached by a wire.</summary>
internal sealed class TcpLink : ISidecar
{
    private readonly ISidecar _target;

    public TcpLink(ISidecar target, bool tellsEnd = true) => (_target, Wire) = (target, new(() => new Uri(target.GrpcEndpoint).Port, tellsEnd));

    public Wire Wire { get; }

    public string GrpcEndpoint => $"http://127.0.0.1:{Wire.Port}";
    public string HttpEndpoint => _target.HttpEndpoint;

    public Task StartAsync() => _target.StartAsync();

    public bool HasEnded => _target.HasEnded;

    public Task KillAsync() => _target.KillAsync();

    public ValueTask DisposeAsync() => Wire.DisposeAsync();
}
