using System.Diagnostics;
using System.Text.Json;
using Mesh.Contracts.Security;
using Router.Api.Security;

namespace Router.Api.Tests;

/// <summary>Installs a client into a cache of this machine and runs all checks of its script once, against a router that asks for keys.</summary>
/// <param name="folder">Of its <c>client.mjs</c>, which prints a line of JSON for each check.</param>
public abstract class NpmClientRun(string package, string version, string folder) : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <summary>Why it cannot run here, or null.</summary>
    public string? Missing { get; private set; }

    /// <summary>Each check and what went wrong with it, if anything.</summary>
    public Dictionary<string, string?> Results { get; } = [];

    public string Output { get; private set; } = "";

    public async Task InitializeAsync()
    {
        var cache = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "mesh-tests", $"{package.Split('/')[^1]}-{version}");
        if (!Directory.Exists(Path.Combine(cache, "node_modules", package)) && await InstallAsync(cache) is { } reason)
        {
            Missing = reason;
            return;
        }
        if (!Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, OperatingSystem.IsWindows() ? "node.exe" : "node"))))
        {
            Missing = "Node.js is not installed here.";
            return;
        }
        File.Copy(Path.Combine(AppContext.BaseDirectory, folder, "client.mjs"), Path.Combine(cache, "client.mjs"), overwrite: true);
        using var keys = new TemporaryKeys();
        await using var router = await RouterHost.StartRealAsync(["arithmetic", "generalist"], $"--{ApiKeys.FileSetting}={keys.File}");
        var (_, output) = await RunAsync("node", ["client.mjs"], cache, ("MESH_URL", router.Address.GetLeftPart(UriPartial.Authority)), ("MESH_KEY", keys.Key));
        Output = output;
        foreach (var line in output.Split('\n').Where(l => l.StartsWith("{\"name\"", StringComparison.Ordinal)))
        {
            var result = JsonDocument.Parse(line).RootElement;
            Results[result.GetProperty("name").GetString()!] = result.GetProperty("error").GetString();
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;

    private async Task<string?> InstallAsync(string cache)
    {
        // Made beside and moved, so that a run that is cut short leaves nothing half done.
        var fresh = Directory.CreateDirectory($"{cache}-{Guid.NewGuid():n}").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(fresh, "package.json"), "{\"private\":true,\"type\":\"module\"}");
            var (code, output) = await RunAsync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", $"{package}@{version}"], fresh);
            if (code != 0)
                return $"npm could not install {package}@{version}: {output}";
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

    private static async Task<(int Code, string Output)> RunAsync(string program, string[] arguments, string folder, params (string Name, string Value)[] environment)
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

/// <summary>A file of API keys that holds one.</summary>
internal sealed class TemporaryKeys : IDisposable
{
    public TemporaryKeys() => Key = new ApiKeyFile(File).Add("client");

    public string File { get; } = Path.Combine(Path.GetTempPath(), $"mesh-keys-{Guid.NewGuid():n}");
    public string Key { get; }

    public void Dispose() => System.IO.File.Delete(File);
}
