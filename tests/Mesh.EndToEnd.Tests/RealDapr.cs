using System.Diagnostics;

namespace Mesh.EndToEnd.Tests;

/// <summary>Puts the real Dapr runtime of ../shared where AppHost looks for it.</summary>
internal static class RealDapr
{
    private static readonly Lazy<string?> Reason = new(Install);

    /// <summary>Why it cannot be used here, or null.</summary>
    public static string? Missing => Reason.Value;

    private static string? Install()
    {
        if (!OperatingSystem.IsLinux())
            return "The stored Dapr runtime is for Linux.";
        var script = Path.Combine(Checkout.Shared, "dapr", "install");
        if (!File.Exists(script))
            return "../shared/dapr is absent: no real Dapr runtime to test with.";
        using var process = Process.Start(new ProcessStartInfo("bash", [script]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : $"Installing Dapr failed: {output.Result} {error}";
    }
}

internal static class Checkout
{
    public static string Root { get; } = Find();

    public static string Shared => Path.Combine(Root, "..", "shared");

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Mesh.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("Mesh.sln is in no folder above the test assembly.");
    }
}
