using Dapr.Sidecar.Components;
using Dapr.Sidecar.Errors;
using Dapr.Sidecar.Hosting;
using Dapr.Sidecar.Storage;

namespace Dapr.Sidecar.State;

/// <summary>The state components, and the names their keys get.</summary>
internal sealed class StateStores : IAsyncDisposable
{
    private readonly Dictionary<string, StateStore> _stores = [];

    public StateStores(IReadOnlyList<Component> components, SidecarOptions options, TimeProvider time)
    {
        foreach (var component in components.Where(c => c.Type.StartsWith("state.", StringComparison.Ordinal)))
        {
            var database = component.Type == "state.in-memory"
                ? Database.OpenFresh(Path.Combine(options.StateDirectory, $"memory-{component.Name}.db"))
                : Database.OpenFile(component.Metadata.GetValueOrDefault("connectionString") is { Length: > 0 } path ? FilePath(path) : throw new FormatException($"The component '{component.Name}' lacks connectionString."));
            _stores.Add(component.Name, new(component, database, time));
        }
        ActorStore = _stores.Values.FirstOrDefault(s => s.Component.Metadata.GetValueOrDefault("actorStateStore") is "true");
    }

    /// <summary>The store marked actorStateStore; without it there are no actors.</summary>
    public StateStore? ActorStore { get; }

    /// <exception cref="DaprError">No such store for this app.</exception>
    public StateStore Find(string name, AppInstance app)
    {
        if (_stores.Count == 0)
            throw new DaprError(500, "ERR_STATE_STORES_NOT_CONFIGURED", "state store is not configured");
        return _stores.GetValueOrDefault(name) is { } store && store.Component.IsFor(app.AppId)
            ? store
            : throw new DaprError(400, "ERR_STATE_STORE_NOT_FOUND", $"state store {name} is not found");
    }

    /// <summary>How a key is kept: with the app's id before it, unless the component says otherwise.</summary>
    public static string KeyOf(StateStore store, AppInstance app, string key)
    {
        if (key.Contains("||", StringComparison.Ordinal))
            throw DaprError.BadRequest("ERR_MALFORMED_REQUEST", $"api error: code = InvalidArgument desc = input key/keyPrefix '{key}' can't contain '||'");
        return store.Component.Metadata.GetValueOrDefault("keyPrefix") switch
        {
            null or "" or "appid" => $"{app.AppId}||{key}",
            "name" => $"{store.Component.Name}||{key}",
            "none" => key,
            var fixedPrefix => $"{fixedPrefix}||{key}",
        };
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores.Values)
            await store.DisposeAsync();
    }

    /// <summary>"data.db", "file:data.db?x=y": options of daprd's driver are not ours.</summary>
    private static string FilePath(string connectionString)
    {
        var path = connectionString.StartsWith("file:", StringComparison.Ordinal) ? connectionString[5..] : connectionString;
        return path.Split('?')[0];
    }
}
