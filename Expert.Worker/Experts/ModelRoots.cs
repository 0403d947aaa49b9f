using Mesh.Contracts.Catalog;
using Mesh.Contracts.Experts;

namespace Expert.Worker.Experts;

/// <summary>
/// The folders under which model files may lie: <c>Mesh:ModelRoots</c> (several separated by ';'), else those of <c>Mesh:Models</c>. Symbolic links are
/// followed before a path is judged, and the loader gets the path that was judged.
/// </summary>
internal sealed class ModelRoots(IReadOnlyList<string> roots)
{
    private readonly string[] _roots = [.. roots.Select(r => Path.TrimEndingDirectorySeparator(RealPath(r)) + Path.DirectorySeparatorChar)];

    public static ModelRoots From(IConfiguration configuration, string baseDirectory)
    {
        if (configuration["Mesh:ModelRoots"] is { Length: > 0 } named)
            return new([.. named.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(r => Path.GetFullPath(r, baseDirectory))]);
        return configuration["Mesh:Models"] is { Length: > 0 } models
            ? new(ModelCatalog.Roots(ModelCatalog.Read(models, baseDirectory)))
            : new([]);
    }

    /// <summary>The specification with every path resolved, and the size of its files in bytes.</summary>
    /// <exception cref="ExpertRefusedException">A path is relative, outside the roots or not a file that can be read.</exception>
    public (ExpertSpec Spec, long Bytes) Resolve(ExpertSpec spec)
    {
        var resolved = spec with
        {
            ModelPath = Resolve(spec.ModelPath),
            Adapters = [.. spec.Adapters.Select(a => a with { Path = Resolve(a.Path) })],
        };
        return (resolved, resolved.Adapters.Select(a => a.Path).Prepend(resolved.ModelPath).Sum(p => new FileInfo(p).Length));
    }

    private string Resolve(string path)
    {
        if (!Path.IsPathFullyQualified(path))
            throw new ExpertRefusedException($"'{path}' is not an absolute path.");
        var real = RealPath(path);
        // Judged before it is looked at: outside the roots nobody learns what exists.
        if (!_roots.Any(root => real.StartsWith(root, StringComparison.Ordinal)))
            throw new ExpertRefusedException($"'{path}' lies under none of the worker's model roots (Mesh:ModelRoots).");
        return File.Exists(real) ? real : throw new ExpertRefusedException($"The file '{path}' does not exist.");
    }

    /// <summary>The path with every link in it followed; what does not exist is taken as written.</summary>
    private static string RealPath(string path)
    {
        var full = Path.GetFullPath(path);
        for (var links = 0; links < 40; links++)
        {
            if (FirstLink(full) is not { } next)
                return full;
            full = next;
        }
        throw new ExpertRefusedException($"'{path}' goes through too many links.");
    }

    private static string? FirstLink(string full)
    {
        var root = Path.GetPathRoot(full)!;
        var parts = full[root.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries);
        var current = root;
        for (var i = 0; i < parts.Length; i++)
        {
            var next = Path.Combine(current, parts[i]);
            if (new FileInfo(next).LinkTarget is { } target)
                return Path.GetFullPath(Path.Combine([target, .. parts[(i + 1)..]]), current);
            current = next;
        }
        return null;
    }
}
