using System.Text.Json;
using Mesh.Testing.Npm;
using Mesh.Testing;
using Router.Api.Security;

namespace Router.Api.Tests.Clients;

/// <summary>A router over two embedded experts that asks for keys, and each script's checks, run once.</summary>
public sealed class NpmClients : IAsyncLifetime
{
    private readonly Dictionary<string, (Dictionary<string, string?>, string)> _runs = [];
    private readonly TemporaryKeys _keys = new();
    private NpmPackages? _packages;
    private RouterHost? _router;

    /// <summary>Why they cannot run here, or null.</summary>
    public string? Missing { get; private set; }

    public async Task InitializeAsync()
    {
        (_packages, Missing) = await NpmPackages.FindAsync(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Clients", "package.json")));
        if (_packages is not null)
            _router = await RouterHost.StartRealAsync(["arithmetic", "generalist"], $"--{ApiKeys.FileSetting}={_keys.File}", "--Mesh:GrpcPort=0");
    }

    /// <returns>Each check and what went wrong with it, if anything; all that the script wrote.</returns>
    public async Task<(Dictionary<string, string?> Results, string Output)> RunAsync(string script)
    {
        if (_runs.TryGetValue(script, out var known))
            return known;
        // In a folder of its own: another checkout's scripts may run beside it.
        var folder = Directory.CreateDirectory(Path.Combine(_packages!.Folder, Guid.NewGuid().ToString("n"))).FullName;
        try
        {
            foreach (var name in (string[])[script, "checks.mjs"])
                File.Copy(Path.Combine(AppContext.BaseDirectory, "Clients", name), Path.Combine(folder, name));
            var (_, output) = await Programs.RunAsync(_packages.Node, [script], folder, ("MESH_URL", _router!.Address.GetLeftPart(UriPartial.Authority)), ("MESH_KEY", _keys.Key),
                ("MESH_GRPC", _router.GrpcAddress.Authority), ("MESH_PROTO", Path.Combine(Checkout.Root, "Router.Api", "Grpc", "mesh_llm.proto")));
            var results = output.Split('\n').Where(line => line.StartsWith("{\"name\"", StringComparison.Ordinal)).Select(line => JsonDocument.Parse(line).RootElement)
                .ToDictionary(result => result.GetProperty("name").GetString()!, result => result.GetProperty("error").GetString());
            return _runs[script] = (results, output);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public async Task DisposeAsync()
    {
        if (_router is not null)
            await _router.DisposeAsync();
        _keys.Dispose();
    }
}
