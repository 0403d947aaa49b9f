namespace Mesh.Chorus.Tests.Simulation;

/// <summary>Messages are late, so they overtake each other; some are lost, some come twice; links are cut in one direction or both, and flap.</summary>
internal sealed class Network(World world)
{
    public static readonly TimeSpan MostDelay = TimeSpan.FromMilliseconds(100);
    private readonly HashSet<(int From, int To)> _cut = [];

    public double Loss { get; set; }

    public double Duplication { get; set; }

    public void Send(int from, int to, Action arrives)
    {
        for (var copies = world.Chance(Duplication) ? 2 : 1; copies > 0; copies--)
            if (!world.Chance(Loss) && !_cut.Contains((from, to)))
                world.After(world.Some(MostDelay), () =>
                {
                    if (!_cut.Contains((from, to)))
                        arrives();
                });
    }

    public void Cut(int from, int to) => _cut.Add((from, to));

    public void Mend(int from, int to) => _cut.Remove((from, to));

    /// <summary>From now on all is well.</summary>
    public void Heal()
    {
        _cut.Clear();
        (Loss, Duplication) = (0, 0);
    }
}
