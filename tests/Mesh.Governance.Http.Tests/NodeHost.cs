using Mesh.Governance.Http.Client;
using Mesh.Governance.Http.Genesis;
using Mesh.Governance.Http.Hosting;
using Mesh.Governance.Members;
using Mesh.Ledger.Signing;
using Mesh.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Mesh.Governance.Http.Tests;

/// <summary>A process of the mesh: a real server on loopback, with its folder.</summary>
internal sealed class NodeHost : IAsyncDisposable
{
    private static readonly HttpClient Shared = new();
    private readonly WebApplication _app;

    private NodeHost(WebApplication app) => _app = app;

    /// <summary>For every wait of a test.</summary>
    public static CancellationToken Soon => new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token;

    public IMeshNode Node => _app.Services.GetRequiredService<IMeshNode>();

    public IServiceProvider Services => _app.Services;

    public Uri Url => new(_app.Urls.Single());

    public HttpClient Plain => Shared;

    public VerifierKey Key => Services.GetRequiredService<Http.Nodes.NodeFiles>().Key.Verifier;

    public NodeClient Client { get; } = new(Shared, TimeSpan.FromMinutes(1), TimeProvider.System);

    public static async Task<NodeHost> StartAsync(
        TemporaryFolder data, string name = "router-1", TimeProvider? clock = null, Action<WebApplication>? map = null, Action<IServiceCollection>? services = null, params string[] settings)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection([new("Mesh:Data", data.Path), new("Mesh:Instance", name), new("Mesh:Governance:Enabled", "true")]);
        builder.Configuration.AddInMemoryCollection(settings.Select(s => s.Split('=', 2)).Select(s => new KeyValuePair<string, string?>(s[0], s[1])));
        if (clock is not null)
            builder.Services.AddSingleton(clock);
        services?.Invoke(builder.Services);
        builder.AddMeshNode(NodeKind.Router);
        var app = builder.Build();
        app.MapMeshNode();
        map?.Invoke(app);
        try
        {
            await app.StartAsync(Soon);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
        return new(app);
    }

    /// <summary>A node of a mesh whose genesis names it.</summary>
    public static async Task<NodeHost> StartGovernedAsync(TemporaryFolder data, TestMesh mesh, TimeProvider? clock = null, Action<WebApplication>? map = null, params string[] settings)
    {
        var key = KeyOf(data, "router-1");
        var genesis = Path.Combine(data.Path, "governance", "genesis.json");
        if (!File.Exists(genesis))
            GenesisFile.Write(genesis, mesh.Genesis(new MeshNode("router-1", key.Verifier.As(KeyKind.Cosignature).Text, NodeKind.Router)));
        return await StartAsync(data, clock: clock, map: map, settings: settings);
    }

    /// <summary>Made as a first start would make it.</summary>
    public static SigningKey KeyOf(TemporaryFolder data, string name)
    {
        using var files = new Http.Nodes.NodeFiles(FolderOf(data, name), name);
        return SigningKey.Load(Path.Combine(FolderOf(data, name), "node.key"));
    }

    public static string FolderOf(TemporaryFolder data, string name = "router-1") => Path.Combine(data.Path, "nodes", name);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(Soon);
        await _app.DisposeAsync();
    }
}
