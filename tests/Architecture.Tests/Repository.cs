using System.Xml.Linq;

namespace Architecture.Tests;

/// <summary>The checkout these tests were built from, and what its project files say.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static IReadOnlyList<Project> Projects { get; } =
        [.. Directory.GetFiles(Root, "*.csproj", SearchOption.AllDirectories).Where(f => !f.Contains("node_modules")).Select(Project.Read).OrderBy(p => p.Path)];

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder.FullName, "Mesh.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("Mesh.sln is in no folder above the test assembly.");
    }
}

/// <param name="Path">Relative to the root, with '/'.</param>
/// <param name="Layer">The first folder of the path: "libs", "compat", "tests", "tools", "bench", else "services" or "AppHost".</param>
/// <param name="References">Paths of the referenced projects; compat/ stand-ins included.</param>
/// <param name="Packages">NuGet packages.</param>
internal sealed record Project(string Path, string Layer, IReadOnlyList<string> References, IReadOnlyList<string> Packages, bool UsesAspNet)
{
    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    public static Project Read(string file)
    {
        var path = System.IO.Path.GetRelativePath(Repository.Root, file).Replace('\\', '/');
        var xml = XDocument.Load(file);
        var folder = System.IO.Path.GetDirectoryName(file)!;
        var references = Includes(xml, "ProjectReference")
            .Select(r => System.IO.Path.GetRelativePath(Repository.Root, System.IO.Path.GetFullPath(r.Replace('\\', '/'), folder)).Replace('\\', '/'))
            .Concat(Includes(xml, "MeshPackage").Select(p => $"compat/{p}/{p}.csproj"));
        return new(path, LayerOf(path), [.. references], [.. Includes(xml, "PackageReference")],
            Includes(xml, "FrameworkReference").Any() || (string?)xml.Root!.Attribute("Sdk") == "Microsoft.NET.Sdk.Web");
    }

    public static string LayerOf(string path) => path.Split('/') switch
    {
        ["AppHost", ..] => "AppHost",
        ["libs" or "compat" or "tests" or "tools" or "bench", ..] parts => parts[0],
        _ => "services",
    };

    private static IEnumerable<string> Includes(XDocument xml, string element) =>
        xml.Descendants(element).Select(e => (string?)e.Attribute("Include")).OfType<string>();
}
