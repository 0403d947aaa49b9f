using Aspire.Hosting;
using Microsoft.Extensions.Configuration;

namespace CommunityToolkit.Aspire.Hosting.Dapr;

/// <summary>Which Dapr runs the sidecars: real daprd with placement and scheduler beside it, or the embedded one when <see cref="Folder"/> is null.</summary>
internal sealed record DaprRuntime(string? Folder)
{
    private static readonly string Suffix = OperatingSystem.IsWindows() ? ".exe" : "";

    /// <summary><c>Mesh:Sidecar</c> (embedded or daprd) forces one.</summary>
    /// <exception cref="DistributedApplicationException">daprd is forced and absent, or the setting is neither.</exception>
    public static DaprRuntime Find(IConfiguration configuration, string? chosen)
    {
        var forced = configuration["Mesh:Sidecar"];
        if (forced is not (null or "" or "embedded" or "daprd"))
            throw new DistributedApplicationException($"Mesh__Sidecar is '{forced}'; it must be embedded or daprd.");
        if (forced == "embedded")
            return new((string?)null);
        var folders = Folders(configuration, chosen).ToArray();
        var found = folders.FirstOrDefault(folder => Names.All(name => File.Exists(Path.Combine(folder, name + Suffix))));
        if (found is null && forced == "daprd")
            throw new DistributedApplicationException($"Mesh__Sidecar is daprd, but daprd, placement and scheduler are in none of: {string.Join(", ", folders)}. Name the file in DAPRD.");
        return new(found);
    }

    private static string[] Names => ["daprd", "placement", "scheduler"];

    public string Program(string name) => Path.Combine(Folder!, name + Suffix);

    private static IEnumerable<string> Folders(IConfiguration configuration, string? chosen)
    {
        foreach (var path in new[] { chosen, configuration["DAPRD"] })
            if (!string.IsNullOrEmpty(path))
                yield return Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
        foreach (var folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
            yield return folder;
        yield return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".dapr", "bin");
    }
}
