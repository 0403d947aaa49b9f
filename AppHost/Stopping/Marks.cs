using System.Diagnostics;
using System.Text;

namespace AppHost.Stopping;

/// <summary>
/// What a process belongs to, written into its environment, which its children inherit: so those are found too whose parents are dead. Linux alone shows the environment of
/// another process.
/// </summary>
internal static class Marks
{
    private const string Owner = "MESH_APPHOST", Resource = "MESH_RESOURCE";

    /// <summary>Carried by everything that this process starts, orchestrator and dashboard included.</summary>
    public static string Own { get; } = $"{Owner}={Environment.ProcessId}-{Guid.NewGuid():N}";

    /// <summary>Before anything is started.</summary>
    public static void MarkChildren() => Environment.SetEnvironmentVariable(Owner, Own[(Owner.Length + 1)..]);

    /// <summary>For the guard, which must not find itself.</summary>
    public static void Unmark(ProcessStartInfo start) => start.Environment.Remove(Owner);

    /// <summary>Once every resource is known.</summary>
    public static void MarkResources(IDistributedApplicationBuilder builder, string dataFolder)
    {
        foreach (var resource in builder.Resources.OfType<IResourceWithEnvironment>())
            builder.CreateResourceBuilder(resource).WithEnvironment(Resource, ValueOf(resource.Name, dataFolder));
    }

    /// <summary>Ends what a resource started and left behind when it died.</summary>
    public static void KillLeftBehind(string resource, string dataFolder)
    {
        var mark = $"{Resource}={ValueOf(resource, dataFolder)}";
        foreach (var pid in Processes(variable => variable == mark).Select(found => found.Pid))
            Kill(pid);
    }

    /// <summary>Names and ids of living processes of a mesh on that folder.</summary>
    public static IReadOnlyList<string> ProcessesOf(string dataFolder)
    {
        var end = ValueOf("", dataFolder);
        return [.. Processes(variable => variable.StartsWith($"{Resource}=", StringComparison.Ordinal) && variable.EndsWith(end, StringComparison.Ordinal))
            .Select(found => $"{found.Variable[(Resource.Length + 1)..^end.Length]} ({found.Pid})")];
    }

    private static string ValueOf(string resource, string dataFolder) => $"{resource}@{dataFolder}";

    private static IEnumerable<(int Pid, string Variable)> Processes(Predicate<string> wanted)
    {
        if (!OperatingSystem.IsLinux())
            yield break;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(folder), out var pid) && pid != Environment.ProcessId && Array.Find(Environ(folder), wanted) is { } variable)
                yield return (pid, variable);
    }

    private static string[] Environ(string folder)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(folder, "environ"))).Split('\0');
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return []; // it ended meanwhile, or is somebody else's
        }
    }

    private static void Kill(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            process.Kill();
        }
        catch (ArgumentException)
        {
            // It ended meanwhile.
        }
    }
}
