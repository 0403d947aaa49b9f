using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Mesh.Testing.Npm;

/// <summary>The packages that a package.json pins, and a Node.js new enough for them, in a cache of this machine.</summary>
/// <param name="Folder">Scripts below it find the packages.</param>
/// <param name="Node">The program that runs them.</param>
public sealed record NpmPackages(string Folder, string Node)
{
    private const int OldestNode = 22;
    private const string NodeVersion = "22.23.3";   // from npm, where the machine's own is older
    private static readonly string Npm = OperatingSystem.IsWindows() ? "npm.cmd" : "npm";

    /// <param name="wanted">The package.json.</param>
    /// <returns>The packages, or why they cannot be had here.</returns>
    public static async Task<(NpmPackages? Packages, string? Missing)> FindAsync(string wanted)
    {
        var node = await HasNodeAsync() ? null : $"node-{(OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "darwin" : "linux")}-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";
        var name = "clients-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{wanted}{node}@{NodeVersion}")))[..12];
        var cache = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "mesh-tests", name);
        if (!Directory.Exists(cache) && await InstallAsync(cache, wanted, node) is { } reason)
            return (null, reason);
        var program = OperatingSystem.IsWindows() ? "node.exe" : "node";
        return (new(cache, node is null ? program : Path.Combine(cache, "node_modules", node, "bin", program)), null);
    }

    private static async Task<bool> HasNodeAsync()
    {
        try
        {
            var (_, version) = await Programs.RunAsync("node", ["--version"], AppContext.BaseDirectory);
            return Version.TryParse(version.Trim().TrimStart('v'), out var found) && found.Major >= OldestNode;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    private static async Task<string?> InstallAsync(string cache, string wanted, string? node)
    {
        // Made beside and moved, so that a run that is cut short leaves nothing half done.
        var fresh = Directory.CreateDirectory($"{cache}-{Guid.NewGuid():n}").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(fresh, "package.json"), wanted);
            string[] added = node is null ? [] : [$"{node}@{NodeVersion}"];
            var (code, output) = await Programs.RunAsync(Npm, ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", "--fetch-retries=1", .. added], fresh);
            if (code != 0)
                return $"npm could not install the packages{(node is null ? "" : $" and Node.js {NodeVersion}, which is older here or missing")}: {output}";
            if (!Directory.Exists(cache))
                Directory.Move(fresh, cache);
            return null;
        }
        catch (Win32Exception)
        {
            return "npm is not installed here.";
        }
        catch (IOException) when (Directory.Exists(cache))
        {
            return null;   // another run was first
        }
        finally
        {
            if (Directory.Exists(fresh))
                Directory.Delete(fresh, recursive: true);
        }
    }
}
