using System.Diagnostics;
using Aspire.Hosting;

namespace CommunityToolkit.Aspire.Hosting.Dapr;

/// <summary>Where the build put a project: the same configuration and framework as this process.</summary>
internal static class BuildOutput
{
    /// <exception cref="DistributedApplicationException">The project was not built and cannot be.</exception>
    public static string Find(string projectPath)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var (framework, configuration) = (own.Name, own.Parent?.Name ?? "Debug");
        var output = Path.Combine(Path.GetDirectoryName(projectPath)!, "bin", configuration, framework, Path.GetFileNameWithoutExtension(projectPath) + ".dll");
        if (File.Exists(output))
            return output;
        Build(projectPath, configuration);
        return File.Exists(output) ? output : throw new DistributedApplicationException($"Building {projectPath} did not make {output}.");
    }

    private static void Build(string projectPath, string configuration)
    {
        using var build = Process.Start(new ProcessStartInfo("dotnet", ["build", projectPath, "-c", configuration, "-v", "q", "--nologo"]) { RedirectStandardOutput = true })!;
        var output = build.StandardOutput.ReadToEnd();
        build.WaitForExit();
        if (build.ExitCode != 0)
            throw new DistributedApplicationException($"{Path.GetFileName(projectPath)} does not build:{Environment.NewLine}{output.Trim()}");
    }
}
