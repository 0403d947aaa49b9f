namespace Dapr.Sidecar.Components;

/// <summary>One component of a *.yaml file.</summary>
/// <param name="Scopes">App ids that may use it; empty is all.</param>
internal sealed record Component(string Name, string Type, IReadOnlyDictionary<string, string> Metadata, IReadOnlyList<string> Scopes)
{
    public bool IsFor(string appId) => Scopes.Count == 0 || Scopes.Contains(appId);
}
