using Mesh.Testing;
using System.Diagnostics;

namespace Mesh.Tool.Tests.Verbs;

/// <summary>The program as a user starts it.</summary>
public sealed class VerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Help_names_the_verbs_and_their_options()
    {
        Assert.Contains("eval", (await RunAsync("--help")).Output);
        Assert.Contains("--segment", (await RunAsync("eval", "--help")).Output);
        Assert.Contains("--epochs", (await RunAsync("train", "gate", "--help")).Output);
        Assert.Contains("Example:\n  mesh propose ensemble --k 3", (await RunAsync("propose", "ensemble", "--help")).Output);
        var (code, output, error) = await RunAsync("status", "--url", "http://127.0.0.1:1");
        Assert.Equal((3, ""), (code, output));
        Assert.Contains("MESH_URL", error);
    }

    [Fact]
    public async Task Wrong_arguments_are_refused_before_anything_is_read()
    {
        Assert.Equal(2, (await RunAsync("eval", "--window", "3")).Code);
        Assert.Equal(2, (await RunAsync("eval", "--part", "none")).Code);
        var (code, output, error) = await RunAsync("eval", "--texts", Path.Combine(_folder.Path, "absent"), "--models", Samples.Model("code"));
        Assert.Equal((1, ""), (code, output));
        Assert.Contains("does not exist", error);
    }

    [SkippableFact]
    public async Task A_gate_is_trained_written_and_measured()
    {
        var texts = Path.GetFullPath(Path.Combine(Samples.Root, "..", "shared", "eval"));
        Skip.IfNot(Directory.Exists(texts), "The shared folder with the evaluation texts is not beside this repository.");
        var models = $"{Samples.Model("arithmetic")};{Samples.Model("scripture")}";
        string[] corpus = ["--models", models, "--texts", texts, "--limit", "3", "--cache", Path.Combine(_folder.Path, "cache")];
        var gate = Path.Combine(_folder.Path, "gate.json");
        var trained = await RunAsync(["train", "gate", "--out", gate, "--epochs", "1", "--force", .. corpus]);
        Assert.True(trained.Code == 0, trained.Error);
        Assert.Contains("Written:", trained.Output);
        var measured = await RunAsync(["eval", "--gate", gate, "--samples", "100", "--k", "1", .. corpus]);
        Assert.True(measured.Code == 0, measured.Error);
        foreach (var row in new[] { "arithmetic", "scripture", "uniform mix", "evidence", "learned prior and evidence, best 1", "learned / evidence" })
            Assert.Contains($"| {row}", measured.Output);
        Assert.Contains("switching", measured.Output);
        Assert.Contains("reads", trained.Error);
        // What an expert has read is kept: only the gate is missing to make the same table.
        Assert.Contains("trained for another tokenizer", (await RunAsync(["eval", "--gate", Foreign(gate), .. corpus])).Error);
    }

    private string Foreign(string gate) => _folder.Write("foreign.json", File.ReadAllText(gate).Replace("\"tokenizer\": \"", "\"tokenizer\": \"0"));

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "mesh.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(deadline.Token), process.StandardError.ReadToEndAsync(deadline.Token));
        try
        {
            await process.WaitForExitAsync(deadline.Token);
            return (process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    public void Dispose() => _folder.Dispose();
}
