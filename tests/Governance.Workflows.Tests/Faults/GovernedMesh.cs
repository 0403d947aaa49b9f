using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dapr.Conformance.Tests.Workflows.Hosting;
using Dapr.Workflow;
using Governance.Workflows.Hosting;
using Mesh.Governance;
using Mesh.Governance.Configurations;
using Mesh.Governance.Http.Genesis;
using Mesh.Governance.Http.Nodes;
using Mesh.Governance.Members;
using Mesh.Governance.State;
using Mesh.Governance.Tiers;
using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Entries;
using Mesh.Ledger.Signing;
using Mesh.Ledger.Tiles;
using Mesh.Ledger.Verification;
using Mesh.Testing;
using Mesh.Testing.Sidecars;
using Mesh.Workflows;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ServiceDefaults;

namespace Governance.Workflows.Tests.Faults;

/// <summary>
/// The program itself and a real sidecar with a durable store, both processes that come back at their ports when they are killed, and two nodes that make the quorum with it.
/// </summary>
internal sealed class GovernedMesh : IAsyncDisposable
{
    public const string Name = "faults", Governance = "governance";
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private readonly TemporaryFolder _data = new();
    private readonly SidecarProcesses _sidecar;
    private readonly int[] _ports = Ports.Free(3);
    private readonly List<TestRouter> _routers = [];
    private readonly ConcurrentQueue<string> _begunAgain = [], _woken = [];
    private readonly ServiceProvider _services;
    private ChildProcess? _governance;
    private WebApplication? _inProcess;
    private GenesisDocument _genesis = null!;

    private GovernedMesh(SidecarProcesses sidecar)
    {
        _sidecar = sidecar;
        Http = new() { BaseAddress = new($"http://127.0.0.1:{_ports[0]}"), Timeout = TimeSpan.FromSeconds(30) };
        // The client alone: nothing of this container is started, so it works on no workflow.
        _services = new ServiceCollection().AddLogging()
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection([new("DAPR_GRPC_PORT", $"{sidecar.GrpcPort}"), new("DAPR_HTTP_PORT", $"{sidecar.HttpPort}")]).Build())
            .AddMeshWorkflows(_ => { }).BuildServiceProvider();
    }

    public static IReadOnlyDictionary<string, SigningKey> People { get; } = new[] { "ada", "ben", "cleo", "agent" }.ToDictionary(n => n, n => SigningKey.FromSeed(n, SHA256.HashData(Encoding.UTF8.GetBytes(n))));

    public HttpClient Http { get; }

    public IReadOnlyList<TestRouter> Routers => _routers;

    /// <summary>The workflow engine, as an operator has it in hand.</summary>
    public DaprWorkflowClient Workflows => _services.GetRequiredService<DaprWorkflowClient>();

    public SidecarProcesses Sidecar => _sidecar;

    /// <summary>Processes that can be killed.</summary>
    public IReadOnlyList<string> Processes => [Governance, .. _sidecar.Names];

    /// <summary>Lines in which governance said that it begins a workflow again.</summary>
    public IReadOnlyCollection<string> BegunAgain => [.. _begunAgain];

    /// <summary>Lines in which governance said that it wakes a workflow.</summary>
    public IReadOnlyCollection<string> Woken => [.. _woken];

    /// <param name="recording">Governance runs in this process, and its workflows are recorded.</param>
    public static async Task<GovernedMesh> StartAsync(SidecarProcesses sidecar, Recording? recording = null)
    {
        var mesh = new GovernedMesh(sidecar);
        await mesh.StartAsync(recording);
        return mesh;
    }

    /// <summary>A node of that name as people admit it: it has its key, and runs once it is started.</summary>
    public MeshNode NewNode(string name, NodeKind kind) => Node(name, kind) with { Url = $"http://127.0.0.1:{Ports.Free(1)[0]}" };

    /// <summary>It begins with the genesis, whatever the mesh has become.</summary>
    public async Task<TestRouter> StartNodeAsync(MeshNode node)
    {
        _routers.Add(await TestRouter.StartAsync(_data.Path, node.Name, node.Kind, new Uri(node.Url!).Port));
        return _routers[^1];
    }

    public async Task StopNodeAsync(string name)
    {
        var router = _routers.Single(r => r.Node.Name == name);
        _routers.Remove(router);
        await router.DisposeAsync();
    }

    /// <summary>kill -9; it comes back by itself.</summary>
    public void Kill(string process)
    {
        if (process == Governance)
            _governance!.Kill();
        else
            _sidecar.Kill(process);
    }

    /// <summary>All entries from <paramref name="first"/> on.</summary>
    public async Task<IReadOnlyList<LedgerEntry>> EntriesAsync(long first)
    {
        var entries = new List<LedgerEntry>();
        while (true)
        {
            var found = JsonElement.Parse(await Http.GetStringAsync($"/ledger/find?limit=1000&after={first + entries.Count - 1}"));
            entries.AddRange(found.GetProperty("entries").EnumerateArray().Select(e => LedgerEntry.Parse(Encoding.UTF8.GetBytes(e.GetProperty("entry").GetRawText()))));
            if (first + entries.Count >= found.GetProperty("size").GetInt64())
                return entries;
        }
    }

    /// <summary>What the entries amount to by the rules alone: read anew, with nothing of governance's.</summary>
    public async Task<GovernanceState> ReplayAsync()
    {
        var state = GovernanceState.Empty;
        await EventuallyAsync(async () => (state = (await EntriesAsync(0)).Aggregate(GovernanceState.Empty, (before, entry) => before.Reduce(entry))).Size > 0, () => "there are entries");
        return state;
    }

    /// <summary>The whole ledger from its tiles.</summary>
    public async Task VerifyAsync()
    {
        var head = SignedCheckpoint.Parse(await Http.GetStringAsync("/ledger/checkpoint"));
        var report = await new LedgerVerifier(new HttpTiles(Http), _genesis.LogKey, _genesis.Configuration.Witnesses).VerifyAsync(head);
        Assert.True(report.IsGood, string.Join('\n', report.Findings));
        Assert.Equal(head.Checkpoint.Size, report.Entries);
    }

    /// <summary>Asks until it holds; whoever is asked may be dead for a while.</summary>
    public async Task EventuallyAsync(Func<Task<bool>> holds, Func<string> what)
    {
        using var limit = new CancellationTokenSource(Limit);
        Exception? last = null;
        while (true)
        {
            try
            {
                if (await holds())
                    return;
            }
            catch (Exception fault) when (fault is HttpRequestException or TaskCanceledException or JsonException)
            {
                last = fault;
            }
            Assert.False(limit.IsCancellationRequested, $"After {Limit} it is not so that {what()}. {last?.Message}\n{LastLines()}");
            await Task.Delay(Pause, CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _services.DisposeAsync();
        if (_governance is not null)
            await _governance.DisposeAsync();
        if (_inProcess is not null)
            await _inProcess.DisposeAsync();
        await _sidecar.DisposeAsync();
        foreach (var router in _routers)
            await router.DisposeAsync();
        _data.Dispose();
    }

    private async Task StartAsync(Recording? recording)
    {
        WriteGenesis();
        _routers.Add(await TestRouter.StartAsync(_data.Path, "router", NodeKind.Router, _ports[1]));
        _routers.Add(await TestRouter.StartAsync(_data.Path, "worker", NodeKind.Worker, _ports[2]));
        var settings = new Dictionary<string, string>
        {
            ["ASPNETCORE_URLS"] = Http.BaseAddress!.ToString(),
            ["DAPR_HTTP_PORT"] = $"{_sidecar.HttpPort}",
            ["DAPR_GRPC_PORT"] = $"{_sidecar.GrpcPort}",
            ["Mesh__Data"] = _data.Path,
            ["Mesh__Instance"] = Governance,
            ["Mesh__Governance__Enabled"] = "true",
            ["Mesh__Governance__NodeUrls"] = $"governance={Http.BaseAddress};router=http://127.0.0.1:{_ports[1]};worker=http://127.0.0.1:{_ports[2]}",
            ["Mesh__Governance__Service__ApiKeyFile"] = WriteApiKey(),
            ["Mesh__Governance__Service__CanaryLook"] = "00:00:00.200",
            ["Mesh__Governance__Service__Probes"] = "12",
            ["Mesh__Governance__Service__Reminder"] = "00:00:10",
            ["Mesh__Governance__Service__StuckAfter"] = "00:00:03",
        };
        if (recording is not null)
            await StartHereAsync(settings, recording);
        else
        {
            _governance = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "Governance.Workflows.dll")], _data.Path, settings, comesBack: true);
            _governance.Wrote += line =>
            {
                if (line.Contains("is begun again", StringComparison.Ordinal))
                    _begunAgain.Enqueue(line);
                if (line.Contains("it is woken", StringComparison.Ordinal))
                    _woken.Enqueue(line);
            };
        }
        await _sidecar.StartAsync(Governance, _ports[0]);
        await EventuallyAsync(async () => JsonElement.Parse(await Http.GetStringAsync("/governance/status")).GetProperty("lease").GetString() == "held", () => "governance holds the lease");
    }

    private async Task StartHereAsync(Dictionary<string, string> settings, Recording recording)
    {
        var builder = WebApplication.CreateBuilder([$"--urls={Http.BaseAddress}"]);
        builder.Configuration.AddInMemoryCollection(settings.Select(s => new KeyValuePair<string, string?>(s.Key.Replace("__", ":"), s.Value)));
        builder.Logging.ClearProviders();
        builder.AddServiceDefaults();
        builder.AddGovernance();
        Recording.Attach(builder.Services, recording);
        _inProcess = builder.Build();
        _inProcess.MapGovernance();
        _inProcess.MapDefaultEndpoints();
        await _inProcess.StartAsync();
    }

    private string WriteApiKey()
    {
        var path = Path.Combine(_data.Path, "router.api-key");
        File.WriteAllText(path, TestRouter.ApiKey + "\n");
        return path;
    }

    private string LastLines() => string.Join('\n', [.. _governance?.Lines.TakeLast(60) ?? [], .. _sidecar.Names.SelectMany(name => _sidecar.LinesOf(name).TakeLast(15).Select(line => $"{name}: {line}"))]);

    private void WriteGenesis()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_data.Path, "governance")).FullName;
        using var log = SigningKey.Create(GenesisDocument.OriginOf(Name));
        log.Save(Path.Combine(folder, "log.key"));
        _genesis = new(Name, log.Verifier.Text, new()
        {
            Mesh = Name,
            Version = 1,
            Policy = new() { MajorReviewSeconds = 0.2, CanaryShare = 0.5, CanarySessions = 3, CanarySeconds = 3600, PhaseThresholds = [2, 3, 4] },
            Members = [Person("ada", Role.Approver, Role.Deployer, Role.Admin), Person("ben", Role.Approver, Role.Oncall), Person("cleo", Role.Approver, Role.Oncall), Person("agent", Role.Deployer)],
            Nodes = [Node(Governance, NodeKind.Governance), Node("router", NodeKind.Router), Node("worker", NodeKind.Worker)],
        });
        GenesisFile.Write(Path.Combine(folder, "genesis.json"), _genesis);
    }

    private static Member Person(string name, params Role[] roles) => new(name, People[name].Verifier.Text, roles);

    /// <summary>Its key is made as a first start would make it.</summary>
    private MeshNode Node(string name, NodeKind kind)
    {
        using var files = new NodeFiles(Path.Combine(_data.Path, "nodes", name), name);
        return new(name, files.Key.Verifier.As(KeyKind.Cosignature).Text, kind);
    }

    private sealed class HttpTiles(HttpClient http) : ITileSource
    {
        public async Task<byte[]?> ReadAsync(Tile tile, CancellationToken stop)
        {
            using var answer = await http.GetAsync($"/ledger/{tile.Path}", stop);
            return answer.IsSuccessStatusCode ? await answer.Content.ReadAsByteArrayAsync(stop) : null;
        }
    }
}
