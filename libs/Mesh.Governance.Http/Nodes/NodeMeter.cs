using System.Diagnostics.Metrics;
using Mesh.Chorus.Leases;

namespace Mesh.Governance.Http.Nodes;

/// <summary>What a node tells a collector about its government.</summary>
internal sealed class NodeMeter
{
    public NodeMeter(IMeterFactory meters, IMeshNode node)
    {
        var meter = meters.Create("Mesh.Governance");
        meter.CreateObservableGauge("mesh.lease.held", () => node.Lease == LeaseState.Held ? 1 : 0, description: "1 while this node has seen a quorum within the lease time.");
        meter.CreateObservableGauge("mesh.halted", () => node.Halts.Count, "{halt}", "Halts in force.");
        meter.CreateObservableGauge("mesh.configuration.version", () => node.Configuration?.Version ?? 0, description: "Version of the configuration that runs; 0 without genesis.");
    }
}
