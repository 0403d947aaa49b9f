using Mesh.Testing.Sidecars;
using Router.Api.Experts;

namespace Router.Api.Tests.Experts.Sidecars;

public sealed class ActorChannelOnTheEmbeddedSidecarTests(ActorChannelOnTheEmbeddedSidecarTests.Fixture fixture)
    : ExpertChannelContract(fixture), IClassFixture<ActorChannelOnTheEmbeddedSidecarTests.Fixture>
{
    public sealed class Fixture() : SidecarFixture(new EmbeddedProcesses(), TransportKind.Actor, null);
}

public sealed class DirectChannelOnTheEmbeddedSidecarTests(DirectChannelOnTheEmbeddedSidecarTests.Fixture fixture)
    : ExpertChannelContract(fixture), IClassFixture<DirectChannelOnTheEmbeddedSidecarTests.Fixture>
{
    public sealed class Fixture() : SidecarFixture(new EmbeddedProcesses(), TransportKind.Direct, null);
}

public sealed class ActorChannelOnDaprdTests(ActorChannelOnDaprdTests.Fixture fixture)
    : ExpertChannelContract(fixture), IClassFixture<ActorChannelOnDaprdTests.Fixture>
{
    public sealed class Fixture() : SidecarFixture(DaprdProcesses.Missing is null ? new DaprdProcesses() : null, TransportKind.Actor, DaprdProcesses.Missing);
}

public sealed class DirectChannelOnDaprdTests(DirectChannelOnDaprdTests.Fixture fixture)
    : ExpertChannelContract(fixture), IClassFixture<DirectChannelOnDaprdTests.Fixture>
{
    public sealed class Fixture() : SidecarFixture(DaprdProcesses.Missing is null ? new DaprdProcesses() : null, TransportKind.Direct, DaprdProcesses.Missing);
}
