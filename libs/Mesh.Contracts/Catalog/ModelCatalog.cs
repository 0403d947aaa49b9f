using System.Text.Json;
using System.Text.Json.Serialization;
using Mesh.Contracts.Experts;

namespace Mesh.Contracts.Catalog;

/// <summary>
/// The experts that <c>Mesh:Models</c> names: GGUF files, folders of them, and catalogue files, several separated by <c>;</c>.
/// Names are unique; a second file of the same name gets <c>-2</c>, and so on. Order is that of the list, in a folder alphabetical.
/// A missing <c>.gguf</c> file among others is listed all the same: its worker refuses it with the reason and the mesh runs on without it.
/// </summary>
public static class ModelCatalog
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <exception cref="CatalogException">A path does not exist or a catalogue file is malformed: all faults, one a line.</exception>
    public static IReadOnlyList<ExpertSpec> Read(string models, string baseDirectory)
    {
        var specs = new List<ExpertSpec>();
        var faults = new List<string>();
        var missing = new List<string>();
        foreach (var entry in models.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var path = Path.GetFullPath(entry, baseDirectory);
            if (Directory.Exists(path))
            {
                var files = Directory.GetFiles(path, "*.gguf").Order(StringComparer.Ordinal).ToArray();
                if (files.Length == 0)
                    faults.Add($"The folder '{path}' holds no .gguf file.");
                specs.AddRange(files.Select(FromFile));
            }
            else if (!File.Exists(path))
                (IsModel(path) ? missing : faults).Add(IsModel(path) ? path : $"'{path}' does not exist.");
            else if (string.Equals(Path.GetExtension(path), ".json", StringComparison.OrdinalIgnoreCase))
                ReadCatalogue(path, specs, faults);
            else
                specs.Add(FromFile(path));
        }
        if (specs.Count == 0)
            faults.AddRange(missing.Select(path => $"'{path}' does not exist."));
        specs.AddRange(missing.Select(FromFile));
        if (specs.Count == 0 && faults.Count == 0)
            faults.Add("Mesh:Models names no model: give a .gguf file, a folder of them or a catalogue file, several separated by ';'.");
        if (faults.Count > 0)
            throw new CatalogException(string.Join(Environment.NewLine, faults));
        return Unique(specs);
    }

    /// <summary>The folders under which models may lie when <c>Mesh:ModelRoots</c> does not say otherwise: those that hold the catalogue's files.</summary>
    public static IReadOnlyList<string> Roots(IEnumerable<ExpertSpec> specs) =>
        [.. specs.SelectMany(s => s.Adapters.Select(a => a.Path).Prepend(s.ModelPath)).Select(p => Path.GetDirectoryName(p)!).Distinct()];

    private static bool IsModel(string path) => string.Equals(Path.GetExtension(path), ".gguf", StringComparison.OrdinalIgnoreCase);

    private static ExpertSpec FromFile(string path) => new() { Id = ExpertId.FromText(Path.GetFileNameWithoutExtension(path)), ModelPath = path };

    private static void ReadCatalogue(string file, List<ExpertSpec> specs, List<string> faults)
    {
        try
        {
            using var stream = File.OpenRead(file);
            var folder = Path.GetDirectoryName(file)!;
            var entries = JsonSerializer.Deserialize<CatalogueFile>(stream, Json)?.Experts ?? [];
            if (entries.Count == 0 || entries.Any(e => e.Path.Length == 0 || (e.Adapters ?? []).Any(a => string.IsNullOrEmpty(a.Path))))
            {
                faults.Add($"The catalogue '{file}' lists no expert, or one with an empty path.");
                return;
            }
            specs.AddRange(entries.Select(e => new ExpertSpec
            {
                Id = e.Name ?? ExpertId.FromText(Path.GetFileNameWithoutExtension(e.Path)),
                ModelPath = Path.GetFullPath(e.Path, folder),
                Adapters = [.. (e.Adapters ?? []).Select(a => a with { Path = Path.GetFullPath(a.Path, folder) })],
                Threads = e.Threads,
                GpuLayers = e.GpuLayers,
                ContextLength = e.ContextLength,
                Description = e.Description,
            }));
        }
        catch (JsonException fault)
        {
            faults.Add($"The catalogue '{file}' is malformed: {fault.Message}");
        }
    }

    private static List<ExpertSpec> Unique(List<ExpertSpec> specs)
    {
        var taken = new HashSet<ExpertId>();
        return [.. specs.Select(spec =>
        {
            var id = spec.Id;
            for (var n = 2; !taken.Add(id); n++)
                id = ExpertId.FromText($"{spec.Id.Value[..Math.Min(spec.Id.Value.Length, 60)]}-{n}");
            return spec with { Id = id };
        })];
    }

    private sealed record CatalogueFile(IReadOnlyList<CatalogueEntry> Experts);

    private sealed record CatalogueEntry
    {
        public ExpertId? Name { get; init; }
        public required string Path { get; init; }
        public IReadOnlyList<AdapterSpec>? Adapters { get; init; }
        public int? Threads { get; init; }
        public int GpuLayers { get; init; }
        public int? ContextLength { get; init; }
        public string? Description { get; init; }
    }
}

/// <summary>The catalogue cannot be read; the message lists every fault, one a line.</summary>
public sealed class CatalogException(string message) : Exception(message);
