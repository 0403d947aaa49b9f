using YamlDotNet.RepresentationModel;

namespace Dapr.Sidecar.Components;

/// <summary>Reads the component files of the resources paths.</summary>
internal static class ComponentFiles
{
    private static readonly string[] Known = ["state.sqlite", "state.in-memory", "pubsub.in-memory"];

    /// <exception cref="FormatException">A file is malformed or wants what the embedded sidecar does not have: all faults at once.</exception>
    public static IReadOnlyList<Component> Read(IEnumerable<string> folders)
    {
        var components = new List<Component>();
        var faults = new List<string>();
        foreach (var folder in folders)
        {
            if (!Directory.Exists(folder))
            {
                faults.Add($"The resources path '{folder}' does not exist.");
                continue;
            }
            foreach (var file in Directory.EnumerateFiles(folder).Where(f => Path.GetExtension(f) is ".yaml" or ".yml").Order(StringComparer.Ordinal))
                Read(file, components, faults);
        }
        faults.AddRange(components.Where(c => !Known.Contains(c.Type)).Select(c =>
            $"The component '{c.Name}' is of type '{c.Type}', which the embedded sidecar lacks (it has {string.Join(", ", Known)}). Run real Dapr: Mesh__Sidecar=daprd."));
        faults.AddRange(components.GroupBy(c => c.Name).Where(g => g.Count() > 1).Select(g => $"There are {g.Count()} components named '{g.Key}'."));
        return faults.Count == 0 ? components : throw new FormatException(string.Join(Environment.NewLine, faults));
    }

    private static void Read(string file, List<Component> into, List<string> faults)
    {
        try
        {
            using var text = File.OpenText(file);
            var yaml = new YamlStream();
            yaml.Load(text);
            foreach (var root in yaml.Documents.Select(d => d.RootNode).OfType<YamlMappingNode>())
                if (Text(root, "kind") == "Component")
                    into.Add(Parse(root));
        }
        catch (Exception fault) when (fault is YamlDotNet.Core.YamlException or KeyNotFoundException or InvalidCastException)
        {
            faults.Add($"'{file}' is no component file: {fault.Message}");
        }
    }

    private static Component Parse(YamlMappingNode root)
    {
        var spec = (YamlMappingNode)root["spec"];
        var metadata = new Dictionary<string, string>();
        if (spec.Children.TryGetValue("metadata", out var items) && items is YamlSequenceNode list)
            foreach (var item in list.OfType<YamlMappingNode>())
                metadata[Text(item, "name") ?? ""] = Text(item, "value") ?? "";
        var scopes = root.Children.TryGetValue("scopes", out var scoped) && scoped is YamlSequenceNode ids ? ids.Select(i => i.ToString()).ToArray() : [];
        return new(Text((YamlMappingNode)root["metadata"], "name") ?? throw new KeyNotFoundException("metadata.name is missing."),
            Text(spec, "type") ?? throw new KeyNotFoundException("spec.type is missing."), metadata, scopes);
    }

    private static string? Text(YamlMappingNode node, string key) => node.Children.TryGetValue(key, out var value) ? value.ToString() : null;
}
