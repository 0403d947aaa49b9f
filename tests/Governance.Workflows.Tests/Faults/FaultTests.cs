using Mesh.Testing.Sidecars;
using Xunit.Abstractions;

namespace Governance.Workflows.Tests.Faults;

/// <summary>One after the other: each has the machine to itself.</summary>
[CollectionDefinition(nameof(FaultCollection))]
public sealed class FaultCollection;

[Collection(nameof(FaultCollection))]
public sealed class FaultsOnTheEmbeddedSidecarTests(FaultsOnTheEmbeddedSidecarTests.Fixture fixture, ITestOutputHelper output) : FaultFacts<FaultsOnTheEmbeddedSidecarTests.Fixture>(fixture, output)
{
    public sealed class Fixture() : FaultFixture(() => new EmbeddedProcesses(comesBack: true), null)
    {
        internal override Task LeaveStandingAsync(string id) => Mesh.Workflows.SuspendWorkflowAsync(id);
    }
}

[Collection(nameof(FaultCollection))]
public sealed class FaultsOnDaprdTests(FaultsOnDaprdTests.Fixture fixture, ITestOutputHelper output) : FaultFacts<FaultsOnDaprdTests.Fixture>(fixture, output)
{
    public sealed class Fixture() : FaultFixture(() => new DaprdProcesses(comesBack: true, hasScheduler: true), DaprdProcesses.Missing)
    {
        internal override Task LeaveStandingAsync(string id)
        {
            ((DaprdProcesses)Mesh.Sidecar).LoseJobs();
            return Task.CompletedTask;
        }
    }
}
