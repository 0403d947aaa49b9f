using System.Diagnostics.Metrics;
using Mesh.Contracts.Experts;

namespace Router.Api.Experts;

/// <summary>What happens between the router and its experts, per expert. Meter <c>Mesh.Router.Experts</c>.</summary>
public sealed class ExpertMetrics : IDisposable
{
    private readonly Meter _meter = new("Mesh.Router.Experts");
    private readonly Counter<long> _sent, _received, _steps, _failures, _invalid, _connections;

    public ExpertMetrics()
    {
        _sent = _meter.CreateCounter<long>("mesh.expert.sent", "By", "Bytes of steps sent to the expert");
        _received = _meter.CreateCounter<long>("mesh.expert.received", "By", "Bytes of answers received from it");
        _steps = _meter.CreateCounter<long>("mesh.expert.steps", "{step}", "Steps that were answered");
        _failures = _meter.CreateCounter<long>("mesh.expert.failures", "{step}", "Steps that nobody answered");
        _invalid = _meter.CreateCounter<long>("mesh.expert.invalid", "{step}", "Answers that could not be read");
        _connections = _meter.CreateCounter<long>("mesh.expert.connections", "{connection}", "Connections opened: more than one is reconnects");
    }

    public void OnSent(ExpertId expert, int bytes) => _sent.Add(bytes, Tag(expert));

    public void OnAnswered(ExpertId expert, int bytes)
    {
        _steps.Add(1, Tag(expert));
        _received.Add(bytes, Tag(expert));
    }

    public void OnFailed(ExpertId expert) => _failures.Add(1, Tag(expert));

    public void OnInvalid(ExpertId expert) => _invalid.Add(1, Tag(expert));

    public void OnConnected(ExpertId expert) => _connections.Add(1, Tag(expert));

    public void Dispose() => _meter.Dispose();

    private static KeyValuePair<string, object?> Tag(ExpertId expert) => new("expert", expert.Value);
}
