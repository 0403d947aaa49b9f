using System.Collections.Concurrent;
using Dapr.Sidecar.Hosting;

namespace Dapr.Sidecar.Actors;

/// <summary>
/// Who hosts which actor. An actor has one owner at a time; when its process is gone, or the actor has been moved (<see cref="ActorBalance"/>), the next call gives it
/// another one: by rendezvous hashing (Thaler and Ravishankar, 1998) among the hosts of the type that have no more than their share of its actors.
/// </summary>
internal sealed class ActorTable(AppRegistry apps, TimeProvider time)
{
    private readonly ConcurrentDictionary<ActorKey, Entry> _actors = new();
    private readonly Lock _placing = new();
    private readonly Dictionary<(AppInstance Host, string Type), int> _counts = [];

    internal sealed class Entry
    {
        public AppInstance? Owner { get; set; }
        public ActorTurns Turns { get; } = new();

        /// <summary>Out of the table: who still has it in hand is sent on to the new one.</summary>
        public bool IsForgotten { get; set; }
    }

    public IEnumerable<KeyValuePair<ActorKey, Entry>> Active => _actors.Where(a => a.Value.Owner is { IsUp: true });

    public Entry Get(ActorKey key)
    {
        var entry = _actors.GetOrAdd(key, _ => new());
        entry.Turns.LastUse = time.GetTimestamp();
        return entry;
    }

    /// <summary>Its host, chosen now if it has none that lives; null when no app hosts the type.</summary>
    public AppInstance? Place(ActorKey key, Entry entry)
    {
        lock (entry)
        {
            if (entry.Owner is { } owner && owner.Actors.Hosts(key.Type))
                return owner;
            lock (_placing)
            {
                Count(entry, key.Type, -1);
                entry.Owner = Choose(key);
                Count(entry, key.Type, 1);
            }
            return entry.Owner;
        }
    }

    /// <summary>Actors that must leave their hosts so that each has its share: those first that would rather be elsewhere.</summary>
    public IReadOnlyList<KeyValuePair<ActorKey, Entry>> Excess(string type)
    {
        var hosts = Hosts(type);
        var actors = Active.Where(a => a.Key.Type == type).ToLookup(a => a.Value.Owner!);
        var share = (hosts.Sum(h => actors[h].Count()) + hosts.Length - 1) / Math.Max(1, hosts.Length);
        return [.. hosts.SelectMany(host => actors[host].OrderBy(a => hosts.Count(other => Weight(other, a.Key) <= Weight(host, a.Key))).Take(Math.Max(0, actors[host].Count() - share)))];
    }

    /// <summary>Types that several apps host.</summary>
    public IReadOnlyList<string> SharedTypes => [.. apps.All.SelectMany(a => a.Actors.Types).GroupBy(type => type).Where(g => g.Count() > 1).Select(g => g.Key)];

    /// <summary>Its live owner, if it is active.</summary>
    public AppInstance? OwnerOf(ActorKey key) => _actors.TryGetValue(key, out var entry) && entry.Owner is { IsUp: true } owner ? owner : null;

    public bool IsHosted(string type) => apps.All.Any(a => a.Actors.Hosts(type));

    public int CountOf(AppInstance app, string type) => _actors.Count(a => a.Key.Type == type && a.Value.Owner == app && app.IsUp);

    /// <summary>Only this very entry: a new one may stand in its place.</summary>
    public void Forget(ActorKey key, Entry entry)
    {
        if (!_actors.TryRemove(new(key, entry)))
            return;
        lock (entry)
            lock (_placing)
            {
                Count(entry, key.Type, -1);
                entry.IsForgotten = true;
            }
    }

    private AppInstance[] Hosts(string type) => [.. apps.All.Where(a => a.Actors.Hosts(type))];

    private AppInstance? Choose(ActorKey key)
    {
        var hosts = Hosts(key.Type);
        var share = hosts.Sum(h => _counts.GetValueOrDefault((h, key.Type))) / Math.Max(1, hosts.Length) + 1;
        return hosts.Where(h => _counts.GetValueOrDefault((h, key.Type)) < share).MaxBy(h => Weight(h, key));
    }

    private void Count(Entry entry, string type, int change)
    {
        if (entry is { Owner: { } host, IsForgotten: false })
            _counts[(host, type)] = _counts.GetValueOrDefault((host, type)) + change;
    }

    /// <summary>FNV-1a: the same in every run, so that a restarted sidecar places actors where they were.</summary>
    private static ulong Weight(AppInstance app, ActorKey key)
    {
        var hash = 14695981039346656037ul;
        foreach (var c in $"{key.Type}/{key.Id}@{app.Options.AppPort}")
            hash = (hash ^ c) * 1099511628211ul;
        return hash ^ (hash >> 29);
    }
}
