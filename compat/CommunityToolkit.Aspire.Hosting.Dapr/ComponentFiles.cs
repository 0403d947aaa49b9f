using Aspire.Hosting;

namespace CommunityToolkit.Aspire.Hosting.Dapr;

/// <summary>Where the component files lie: the folder of each file that the application names; components without one are written in memory kinds.</summary>
internal static class ComponentFiles
{
    public static IReadOnlyList<string> Folders(IEnumerable<IDaprComponentResource> components, string dataFolder)
    {
        var folders = new HashSet<string>();
        foreach (var component in components)
        {
            if (component.Options?.LocalPath is { } path)
            {
                if (!File.Exists(path))
                    throw new DistributedApplicationException($"The Dapr component '{component.Name}' has no file '{path}'.");
                folders.Add(Path.GetDirectoryName(Path.GetFullPath(path))!);
                continue;
            }
            var generated = Directory.CreateDirectory(Path.Combine(dataFolder, "components")).FullName;
            File.WriteAllText(Path.Combine(generated, $"{component.Name}.yaml"), Yaml(component));
            folders.Add(generated);
        }
        return [.. folders];
    }

    internal static string Yaml(IDaprComponentResource component) => $"""
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata:
          name: {component.Name}
        spec:
          type: {component.Type switch { "state" => "state.in-memory", "pubsub" => "pubsub.in-memory", var type => type }}
          version: v1
          metadata: []

        """;
}
