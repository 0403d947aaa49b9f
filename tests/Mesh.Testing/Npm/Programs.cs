using System.Diagnostics;

namespace Mesh.Testing.Npm;

/// <summary>Programs that end by themselves, or are ended.</summary>
public static class Programs
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <returns>The exit code, -1 when it was ended, and all it wrote.</returns>
    public static async Task<(int Code, string Output)> RunAsync(string program, string[] arguments, string folder, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Limit);
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var errors = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output + await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return (-1, $"{program} did not end within {Limit.TotalMinutes} minutes.");
        }
    }
}
