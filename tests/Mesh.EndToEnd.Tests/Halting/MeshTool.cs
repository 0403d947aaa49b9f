using System.Diagnostics;

namespace Mesh.EndToEnd.Tests.Halting;

/// <summary>The program <c>mesh</c>, with the keys in a mesh's data folder.</summary>
internal static class MeshTool
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <returns>Its exit code, and all that it said.</returns>
    public static async Task<(int Code, string Said)> RunAsync(string data, params string[] arguments)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        using var limit = new CancellationTokenSource(Limit);
        using var tool = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(Checkout.Root, "tools", "mesh", "bin", own.Parent!.Name, own.Name, "mesh.dll"), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["Mesh__Data"] = data },
        })!;
        try
        {
            tool.StandardInput.Close();
            var (output, error) = (tool.StandardOutput.ReadToEndAsync(limit.Token), tool.StandardError.ReadToEndAsync(limit.Token));
            await tool.WaitForExitAsync(limit.Token);
            return (tool.ExitCode, $"{await output}{await error}");
        }
        finally
        {
            if (!tool.HasExited)
                tool.Kill();
        }
    }
}
