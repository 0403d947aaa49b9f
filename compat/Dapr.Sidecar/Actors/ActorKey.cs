namespace Dapr.Sidecar.Actors;

internal readonly record struct ActorKey(string Type, string Id)
{
    /// <summary>Where its state lies: as daprd names it, by the app that hosts the type.</summary>
    public string StateKey(string appId, string key) => $"{appId}||{Type}||{Id}||{key}";

    public override string ToString() => $"{Type}||{Id}";
}
