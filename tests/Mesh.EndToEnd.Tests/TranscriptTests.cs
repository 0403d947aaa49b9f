using System.Diagnostics;

namespace Mesh.EndToEnd.Tests;

/// <summary>What README.md shows is what a reader sees.</summary>
public sealed class TranscriptTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);

    [SkippableFact]
    public async Task The_README_shows_what_happens()
    {
        Skip.IfNot(Has("bash") && Has("curl"), "docs/transcripts is a script for bash and curl.");
        using var limit = new CancellationTokenSource(Limit);
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        Skip.IfNot(own.Parent!.Name == "Debug", "It starts what `dotnet run` does: the debug build.");
        using var script = Process.Start(new ProcessStartInfo("bash", [Path.Combine(Checkout.Root, "docs", "transcripts"), "--check"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["Mesh__Port"] = $"{MeshFixture.FreePort()}" },
        })!;
        var (output, errors) = (script.StandardOutput.ReadToEndAsync(limit.Token), script.StandardError.ReadToEndAsync(limit.Token));
        try
        {
            await script.WaitForExitAsync(limit.Token);
        }
        finally
        {
            script.Kill(entireProcessTree: true);
        }
        Assert.True(script.ExitCode == 0, $"{await output}{await errors}");
    }

    private static bool Has(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));
}
