using System.Diagnostics;
using System.Text.Json;

namespace Router.Api.Tests.OpenAiClient;

/// <summary>The official npm client, unchanged, against the router over two embedded experts.</summary>
public sealed class OpenAiClientTests(OpenAiClientRun run) : IClassFixture<OpenAiClientRun>
{
    [SkippableTheory]
    [InlineData("models"), InlineData("chat"), InlineData("stream"), InlineData("stream helper"), InlineData("abort"), InlineData("logprobs"), InlineData("completions"),
     InlineData("tools"), InlineData("tools streamed"), InlineData("structured answer"), InlineData("responses"), InlineData("responses streamed"), InlineData("embeddings"), InlineData("errors")]
    public void The_official_client_works_unchanged(string check)
    {
        Skip.If(run.Missing is not null, run.Missing);
        Assert.True(run.Results.TryGetValue(check, out var error), $"'{check}' was not reached: {run.Output}");
        Assert.True(error is null, error);
    }
}

/// <summary>Installs the client into a cache of this machine and runs all its checks once.</summary>
public sealed class OpenAiClientRun : IAsyncLifetime
{
    private const string Version = "6.30.1";   // the last line that runs on Node 20
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <summary>Why it cannot run here, or null.</summary>
    public string? Missing { get; private set; }

    /// <summary>Each check and what went wrong with it, if anything.</summary>
    public Dictionary<string, string?> Results { get; } = [];

    public string Output { get; private set; } = "";

    public async Task InitializeAsync()
    {
        var cache = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "mesh-tests", "openai-" + Version);
        if (!Directory.Exists(Path.Combine(cache, "node_modules", "openai")) && await InstallAsync(cache) is { } reason)
        {
            Missing = reason;
            return;
        }
        if (!Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, OperatingSystem.IsWindows() ? "node.exe" : "node"))))
        {
            Missing = "Node.js is not installed here.";
            return;
        }
        File.Copy(Path.Combine(AppContext.BaseDirectory, "OpenAiClient", "client.mjs"), Path.Combine(cache, "client.mjs"), overwrite: true);
        await using var router = await RouterHost.StartRealAsync(["arithmetic", "generalist"]);
        var (_, output) = await RunAsync("node", ["client.mjs"], cache, router.Address.GetLeftPart(UriPartial.Authority));
        Output = output;
        foreach (var line in output.Split('\n').Where(l => l.StartsWith("{\"name\"", StringComparison.Ordinal)))
        {
            var result = JsonDocument.Parse(line).RootElement;
            Results[result.GetProperty("name").GetString()!] = result.GetProperty("error").GetString();
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;

    private static async Task<string?> InstallAsync(string cache)
    {
        // Made beside and moved, so that a run that is cut short leaves nothing half done.
        var fresh = Directory.CreateDirectory($"{cache}-{Guid.NewGuid():n}").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(fresh, "package.json"), "{\"private\":true,\"type\":\"module\"}");
            var (code, output) = await RunAsync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "openai@" + Version], fresh);
            if (code != 0)
                return $"npm could not install openai@{Version}: {output}";
            if (!Directory.Exists(cache))
                Directory.Move(fresh, cache);
            return null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "npm is not installed here.";
        }
        finally
        {
            if (Directory.Exists(fresh))
                Directory.Delete(fresh, recursive: true);
        }
    }

    private static async Task<(int Code, string Output)> RunAsync(string program, string[] arguments, string folder, string? url = null)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["MESH_URL"] = url;
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
