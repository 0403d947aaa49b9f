using System.Text.Json;
using Dapr.Sidecar.Actors;
using Dapr.Sidecar.Hosting;

namespace Dapr.Conformance.Tests.Embedded;

public sealed class ActorTableTests : IDisposable
{
    private readonly AppRegistry _apps = new(new([.. Enumerable.Range(0, 3).Select(i => new AppOptions { AppId = "host", AppPort = 10000 + i, HttpPort = 20000 + i, GrpcPort = 30000 + i })], [], "."));
    private readonly ActorTable _table;

    public ActorTableTests()
    {
        _table = new(_apps, TimeProvider.System);
        Up(0);
        Up(1);
    }

    public void Dispose() => _apps.Dispose();

    [Fact]
    public void Actors_are_spread_evenly_and_stay_where_they_are()
    {
        var hosts = PlaceAll(6);
        Assert.Equal([3, 3], Counts());
        Assert.Equal(hosts, PlaceAll(6));
        PlaceAll(101);
        Assert.Equal([50, 51], Counts().Order());
    }

    [Fact]
    public void A_restarted_sidecar_places_them_where_they_were()
    {
        var again = new ActorTable(_apps, TimeProvider.System);
        Assert.Equal(PlaceAll(6), Enumerable.Range(0, 6).Select(n => again.Place(Key(n), again.Get(Key(n)))));
    }

    [Fact]
    public void A_host_that_joins_gets_its_share_and_no_actor_moves_without_need()
    {
        PlaceAll(30);
        Assert.Empty(_table.Excess("T"));
        Up(2);
        var excess = _table.Excess("T");
        Assert.Equal(10, excess.Count);
        Move(excess);
        Assert.Equal([10, 10, 10], [.. Counts(), _table.CountOf(_apps.All[2], "T")]);
        Assert.Empty(_table.Excess("T"));
    }

    [Fact]
    public void Actors_of_a_host_that_is_gone_go_to_the_other_and_come_back_with_it()
    {
        PlaceAll(6);
        _apps.All[0].MarkDown(_apps.All[0].Presence);
        PlaceAll(6);
        Assert.Equal(6, _table.CountOf(_apps.All[1], "T"));
        Up(0);
        Move(_table.Excess("T"));
        Assert.Equal([3, 3], Counts());
    }

    private void Move(IReadOnlyList<KeyValuePair<ActorKey, ActorTable.Entry>> actors)
    {
        foreach (var (key, entry) in actors)
            _table.Forget(key, entry);
        foreach (var (key, _) in actors)
            _table.Place(key, _table.Get(key));
    }

    private static ActorKey Key(int n) => new("T", $"actor-{n}");

    private AppInstance?[] PlaceAll(int count) => [.. Enumerable.Range(0, count).Select(n => _table.Place(Key(n), _table.Get(Key(n))))];

    private int[] Counts() => [_table.CountOf(_apps.All[0], "T"), _table.CountOf(_apps.All[1], "T")];

    private void Up(int host) => _apps.All[host].MarkUp(new(ActorConfiguration.Parse(JsonElement.Parse("""{"entities":["T"]}""")), []));
}
