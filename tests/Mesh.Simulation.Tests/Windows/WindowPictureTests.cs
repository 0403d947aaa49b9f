using System.Xml.Linq;
using Mesh.Chorus.Windows;
using Mesh.Simulation.Windows;

namespace Mesh.Simulation.Tests.Windows;

public sealed class WindowPictureTests
{
    private static readonly WindowRow Row = new(8, 4, 2, 20, 0.5, 5);

    [Fact]
    public void A_film_changes_nothing_of_what_happens()
    {
        foreach (var policy in new[] { WindowPolicy.AtOnce, WindowPolicy.AllExpected, WindowPolicy.Phases })
            Assert.Equal(WindowSimulation.Run(Row, policy, 3, 5000) with { Order = 0 }, WindowSimulation.Run(Row, policy, 3, 5000, new(0)) with { Order = 0 });
    }

    [Fact]
    public void A_film_has_every_batch_once_and_none_of_an_expert_overlaps_another()
    {
        var film = new WindowFilm(1000);
        WindowSimulation.Run(Row, WindowPolicy.AllExpected, 1, 5000, film);
        Assert.All(film.Batches, b => Assert.True(b.Waited <= b.Begin && b.Begin < b.End && b.End >= 1000 && b.Sessions is > 0 and <= 8, $"{b}"));
        foreach (var expert in film.Batches.GroupBy(b => b.Expert))
            Assert.All(expert.Zip(expert.Skip(1)), pair => Assert.True(pair.First.End <= pair.Second.Waited, $"{pair}"));
        Assert.All(film.Phases, p => Assert.All(p.Turns, turn => Assert.InRange(turn!.Value, 0, 1)));
    }

    [Fact]
    public void A_picture_has_a_strip_for_each_policy_a_lane_for_each_expert_and_its_batches()
    {
        var picture = WindowPicture.Of(Row, [WindowPolicy.AtOnce, WindowPolicy.Phases], 1, 300);
        XNamespace svg = "http://www.w3.org/2000/svg";
        var texts = picture.Descendants(svg + "text").Select(t => t.Value).ToList();
        Assert.Equal(2, texts.Count(t => t == "expert 4"));
        Assert.Contains(texts, t => t.StartsWith("Phases: ", StringComparison.Ordinal));
        Assert.True(Of("batch").Count() > 20);
        Assert.True(Of("wait").Any());
        Assert.Equal(2 * 4 + 1, Of("phase").Count());
        // Nothing is drawn outside.
        Assert.All(picture.Descendants(svg + "rect"), r => Assert.InRange((double)r.Attribute("x")! + (double)r.Attribute("width")!, 96, 96 + 1000 + 0.01));

        IEnumerable<XElement> Of(string kind) => picture.Descendants().Where(e => (string?)e.Attribute("class") == kind);
    }
}
