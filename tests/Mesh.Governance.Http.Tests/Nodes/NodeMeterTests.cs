using System.Diagnostics.Metrics;
using Mesh.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Mesh.Governance.Http.Tests.Nodes;

public sealed class NodeMeterTests
{
    [Fact]
    public async Task A_collector_sees_what_the_node_is()
    {
        using var data = new TemporaryFolder();
        var mesh = new TestMesh().Append();
        await using var host = await NodeHost.StartGovernedAsync(data, mesh);
        await host.Client.HaltAsync(host.Url, mesh.Halt(TestMesh.Cam).Note.ToString(), NodeHost.Soon);
        var seen = new Dictionary<string, long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter is { Name: "Mesh.Governance", Scope: var scope } && scope == host.Services.GetRequiredService<IMeterFactory>())
                listener.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => seen[instrument.Name] = value);
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => seen[instrument.Name] = value);
        listener.Start();
        listener.RecordObservableInstruments();
        Assert.Equal((0, 1, 1), (seen["mesh.lease.held"], seen["mesh.halted"], seen["mesh.configuration.version"]));
    }
}
