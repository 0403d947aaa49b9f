namespace Mesh.Simulation.Scenarios;

/// <param name="Description">One line.</param>
public sealed record Scenario(string Name, string Description, MeshPlan Plan)
{
    /// <summary>All that there are, by growing trouble.</summary>
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("calm", "Nothing goes wrong.", new()),
        new("partition", "A minority is cut off from all others for 61 to 120 s, and each side writes a history.", new() { Troubled = TimeSpan.Zero, Partition = (61, 120), ForksAtCut = true }),
        new("one-way", "Links are cut in one direction for a few seconds.", new() { Troubles = Troubles.OneWay }),
        new("flapping", "Links are cut and mended several times in a row.", new() { Troubles = Troubles.Flapping }),
        new("crash", "Nodes crash, also between writing and signing, and start again with their disk.", new() { Troubles = Troubles.Crashes }),
        new("torn-disk", "As crash, and the disks of some cannot be read any more.", new() { Troubles = Troubles.Crashes | Troubles.TornDisks }),
        new("clocks", "Clocks of a minority are slow, fast and set back, also while it is cut off for 10 to 20 s.", new() { Troubles = Troubles.Clocks, Partition = (10, 20) }),
        new("liars", "Some witnesses sign everything, the log has two histories, experts answer garbage.", new() { Liars = 1, Forks = true, FaultyExperts = true, Troubles = Troubles.Groups }),
        new("lossy", "Up to a third of the messages is lost, as many come twice, all overtake each other.", new() { Loss = 0.33 }),
        new("delay", "Heads, cosignatures and orders come up to 10 s late and again, while nodes crash; then a minority is cut off for 10 to 20 s.", new()
        {
            Late = TimeSpan.FromSeconds(10), Troubles = Troubles.Crashes | Troubles.Halts, Partition = (10, 20), ForksAtCut = true,
        }),
        new("halt", "People halt the mesh and let it go on, while nodes crash and links fail.", new() { Troubles = Troubles.Halts | Troubles.Crashes | Troubles.OneWay, BetweenUsers = TimeSpan.FromSeconds(1) }),
        new("everything", "All of it at once, and then a minority is cut off for 10 to 20 s.", new()
        {
            Troubles = Troubles.OneWay | Troubles.Flapping | Troubles.Crashes | Troubles.TornDisks | Troubles.Groups | Troubles.Clocks | Troubles.Halts,
            Loss = 0.2, FaultyExperts = true, ListsUnreachable = true, Partition = (10, 20), ForksAtCut = true,
        }),
    ];

    /// <summary>Null: there is none of this name.</summary>
    public static Scenario? Find(string name) => All.FirstOrDefault(s => s.Name == name);
}
