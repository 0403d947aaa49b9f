using System.Collections.Concurrent;
using Dapr.Sidecar.Hosting;

namespace Dapr.Sidecar.Actors;

/// <summary>
/// Who hosts which actor. An owner keeps its actors while it lives, so there is never a second one; when its process is gone they go to another host of the
/// type, chosen by rendezvous hashing (Thaler and Ravishankar, 1998). A host that joins gets new actors only.
/// </summary>
internal sealed class ActorTable(AppRegistry apps, TimeProvider time)
{
    private readonly ConcurrentDictionary<ActorKey, Entry> _actors = new();

    internal sealed class Entry
    {
        public AppInstance? Owner { get; set; }
        public ActorTurns Turns { get; } = new();
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
            return entry.Owner = apps.All.Where(a => a.Actors.Hosts(key.Type)).MaxBy(a => Weight(a, key));
        }
    }

    /// <summary>Its live owner, if it is active.</summary>
    public AppInstance? OwnerOf(ActorKey key) => _actors.TryGetValue(key, out var entry) && entry.Owner is { IsUp: true } owner ? owner : null;

    public bool IsHosted(string type) => apps.All.Any(a => a.Actors.Hosts(type));

    public int CountOf(AppInstance app, string type) => _actors.Count(a => a.Key.Type == type && a.Value.Owner == app && app.IsUp);

    /// <summary>Only this very entry: a new one may stand in its place.</summary>
    public void Forget(ActorKey key, Entry entry) => _actors.TryRemove(new(key, entry));

    /// <summary>FNV-1a: the same in every run, so that a restarted sidecar places actors where they were.</summary>
    private static ulong Weight(AppInstance app, ActorKey key)
    {
        var hash = 14695981039346656037ul;
        foreach (var c in $"{key.Type}/{key.Id}@{app.Options.AppPort}")
            hash = (hash ^ c) * 1099511628211ul;
        return hash ^ (hash >> 29);
    }
}
