using System.Xml.Linq;
using Mesh.Simulation.Runs;
using Mesh.Simulation.Scenarios;
using Mesh.Simulation.Timelines;

namespace Mesh.Simulation.Tests.Timelines;

public sealed class TimelineTests
{
    private static readonly MeshRun Halt = MeshRun.Of(Scenario.Find("halt")!, 3), Partition = MeshRun.Of(Scenario.Find("partition")!, 7), Everything = MeshRun.Of(Scenario.Find("everything")!, 1);

    [Fact]
    public void A_timeline_is_bounded_and_says_what_it_leaves_out()
    {
        foreach (var run in new[] { Halt, Partition, Everything })
        {
            var lines = TimelineText.Lines(run.Timeline, all: false);
            Assert.InRange(lines.Count, 10, 101);
            Assert.Contains("--events all", lines[^1]);
            Assert.Equal(run.Timeline.Events.Count, TimelineText.Lines(run.Timeline, all: true).Count);
        }
    }

    [Fact]
    public void A_partition_shows_who_lost_the_lease_and_when()
    {
        var alone = Assert.Single(Partition.Timeline.Alone);
        Assert.InRange((alone.To! - alone.From).Value.TotalSeconds, 61, 120);
        var lost = Partition.Timeline.Events.Where(e => e.Kind == EventKind.LeaseLost).ToArray();
        Assert.Equal(alone.Nodes.Order(), lost.Select(e => e.Node).Order());
        Assert.All(lost, e => Assert.InRange((e.At - alone.From).TotalSeconds, 0, MeshSimulation.LeaseTime.TotalSeconds));
        Assert.Equal(lost.Max(e => (e.At - alone.From).TotalSeconds), Partition.Figures.MinorityHeld!.Value, 1e-6);
    }

    [Fact]
    public void Halts_show_order_acknowledgement_and_end()
    {
        var texts = Halt.Timeline.Events.Where(e => e.Kind == EventKind.Halt).Select(e => e.Text).ToArray();
        foreach (var text in new[] { "a person orders halt 1", "halt 1 is acknowledged", "halt 1 is over" })
            Assert.Contains(text, texts);
    }

    [Fact]
    public void The_picture_is_XML_with_a_lane_for_each_node_and_a_mark_for_each_token()
    {
        foreach (var run in new[] { Halt, Partition, Everything })
        {
            var root = XDocument.Parse(TimelinePicture.Of(run).ToString()).Root!;
            Assert.Equal(XName.Get("svg", "http://www.w3.org/2000/svg"), root.Name);
            Assert.Equal(run.Nodes, root.Elements().Count(e => e.Value.StartsWith("node ", StringComparison.Ordinal) && e.Name.LocalName == "text"));
            Assert.Equal(run.Figures.Tokens + 1, Marks("token"));   // and that of the legend
            Assert.Equal(run.Timeline.Alone.Sum(a => a.Nodes.Count) + 1, Marks("alone"));

            int Marks(string kind) => root.Descendants().Count(e => (string?)e.Attribute("class") == kind);
        }
    }
}
