using Mesh.Governance.Http.Nodes;

namespace Mesh.Governance.Http.Tests.Nodes;

public sealed class NodeSignalsTests
{
    [Fact]
    public void Whoever_finds_that_streams_must_end_ends_them_before_it_is_published()
    {
        var signals = new NodeSignals();
        var (stream, revision) = (signals.Halted, signals.Revision);
        signals.End(() => true);
        Assert.False(stream.IsCancellationRequested);
        signals.End(() => false);
        signals.End(() => false);
        Assert.True(stream.IsCancellationRequested);
        Assert.Equal(revision, signals.Revision);
        signals.Publish(() => true);
        Assert.True(signals.Revision > revision && !signals.Halted.IsCancellationRequested && stream.IsCancellationRequested);
    }
}
