using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Mesh.Testing.Sidecars;

/// <summary>The processes of one sidecar and a folder of their own; both are gone after <see cref="DisposeAsync"/>.</summary>
/// <param name="comesBack">Whether a process that ends is started again, at its ports and with its data.</param>
public abstract class SidecarProcesses(bool comesBack) : IAsyncDisposable
{
    private readonly Dictionary<string, ChildProcess> _processes = [];
    private readonly Queue<int> _ports = new(Ports.Free(14));
    private static readonly TimeSpan Probe = TimeSpan.FromSeconds(1), Patience = TimeSpan.FromSeconds(20);
    private readonly CancellationTokenSource _stop = new();
    private Task _supervising = Task.CompletedTask;
    private int? _http, _grpc;

    /// <summary>Where it serves the Dapr API over HTTP.</summary>
    public int HttpPort => _http ??= NextPort();

    public int GrpcPort => _grpc ??= NextPort();

    /// <summary>Of its processes; the one that serves the API is the first.</summary>
    public abstract IReadOnlyList<string> Names { get; }

    protected string Folder { get; } = Directory.CreateTempSubdirectory("mesh-sidecar-").FullName;

    /// <summary>The project's own components, with its state in <see cref="Folder"/>: the store's path is relative to the working directory.</summary>
    protected static string Components => Path.Combine(Checkout.Root, "components", "local");

    /// <summary>Starts it for an app that already listens, and waits until it serves.</summary>
    public async Task StartAsync(string appId, int appPort)
    {
        Launch(appId, appPort);
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        var clock = Stopwatch.StartNew();
        while (!await IsUpAsync(http))
        {
            if (_processes.Values.FirstOrDefault(p => p.ExitCode is not null) is { } gone)
                Assert.Fail($"{gone.Program} ended with {gone.ExitCode}.");
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), "The sidecar was not up within 60 s.");
            await Task.Delay(100);
        }
        if (comesBack)
            _supervising = SuperviseAsync(_stop.Token);
    }

    /// <summary>kill -9 of one of <see cref="Names"/>.</summary>
    public void Kill(string name, Action? whileDead = null) => _processes[name].Kill(whileDead);

    /// <summary>What one of <see cref="Names"/> wrote last.</summary>
    public IReadOnlyCollection<string> LinesOf(string name) => _processes.GetValueOrDefault(name)?.Lines ?? [];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _supervising.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        foreach (var process in _processes.Values)
            await process.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    protected abstract void Launch(string appId, int appPort);

    protected int NextPort() => _ports.Dequeue();

    protected void Start(string name, string program, IEnumerable<string> arguments, string? lastWords = null) =>
        _processes.Add(name, new(program, arguments, Folder, [new("DAPR_HOST_IP", "127.0.0.1")], comesBack, lastWords));

    /// <summary>As Kubernetes does by its liveness probe: now and then a daprd 1.16 that comes back after a kill serves HTTP, never gRPC, and is never well.</summary>
    private async Task SuperviseAsync(CancellationToken stop)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        for (var well = Stopwatch.StartNew(); ; await Task.Delay(Probe, stop))
        {
            if (await IsUpAsync(http, "/v1.0/healthz"))
                well.Restart();
            else if (well.Elapsed > Patience)
            {
                Kill(Names[0]);
                well.Restart();
            }
        }
    }

    private async Task<bool> IsUpAsync(HttpClient http, string path = "/v1.0/healthz/outbound")
    {
        try
        {
            using var response = await http.GetAsync($"http://127.0.0.1:{HttpPort}{path}");
            return response.StatusCode == HttpStatusCode.NoContent;
        }
        catch (Exception notYet) when (notYet is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }
}

/// <summary>The sidecar that comes with the project.</summary>
public sealed class EmbeddedProcesses(bool comesBack = false) : SidecarProcesses(comesBack)
{
    public override IReadOnlyList<string> Names => ["sidecar"];

    protected override void Launch(string appId, int appPort) => Start(
        "sidecar", "dotnet",
        [Path.Combine(AppContext.BaseDirectory, "Dapr.Sidecar.dll"), "--state-dir", Folder, "--resources-path", Components,
         "--", "--app-id", appId, "--app-port", $"{appPort}", "--dapr-http-port", $"{HttpPort}", "--dapr-grpc-port", $"{GrpcPort}"]);
}

/// <summary>daprd 1.16 with a placement service of its own, and a scheduler where workflows and reminders need one.</summary>
public sealed class DaprdProcesses(bool comesBack = false, bool hasScheduler = false) : SidecarProcesses(comesBack)
{
    private static readonly string Bin = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".dapr", "bin");

    public static string? Missing => Array.TrueForAll(["daprd", "placement", "scheduler"], name => File.Exists(Path.Combine(Bin, name)))
        ? null
        : "daprd, placement and scheduler 1.16 are not in ~/.dapr/bin (../shared/dapr/install puts them there).";

    public override IReadOnlyList<string> Names => hasScheduler ? ["daprd", "placement", "scheduler"] : ["daprd", "placement"];

    private string Jobs => Path.Combine(Folder, "etcd");

    /// <summary>Its scheduler comes back without a job: no timer of a workflow fires any more.</summary>
    public void LoseJobs() => Kill("scheduler", () => Directory.Delete(Jobs, recursive: true));

    protected override void Launch(string appId, int appPort)
    {
        var (placement, scheduler) = (NextPort(), NextPort());
        if (hasScheduler)
            Start("scheduler", Path.Combine(Bin, "scheduler"),
                ["--port", $"{scheduler}", "--override-broadcast-host-port", $"127.0.0.1:{scheduler}", "--listen-address", "127.0.0.1", "--etcd-data-dir", Jobs,
                "--healthz-port", $"{NextPort()}", "--healthz-listen-address", "127.0.0.1", "--etcd-client-port", $"{NextPort()}",
                "--etcd-initial-cluster", $"dapr-scheduler-server-0=http://127.0.0.1:{NextPort()}", "--enable-metrics=false", "--log-level", "warn"]);
        Start("placement", Path.Combine(Bin, "placement"),
            ["--port", $"{placement}", "--listen-address", "127.0.0.1", "--healthz-port", $"{NextPort()}", "--healthz-listen-address", "127.0.0.1",
            "--initial-cluster", $"dapr-placement-0=127.0.0.1:{NextPort()}", "--enable-metrics=false", "--log-level", "warn"]);
        string[] scheduled = hasScheduler ? ["--scheduler-host-address", $"127.0.0.1:{scheduler}"] : [];
        Start("daprd", Path.Combine(Bin, "daprd"),
            ["--app-id", appId, "--app-port", $"{appPort}", "--dapr-http-port", $"{HttpPort}", "--dapr-grpc-port", $"{GrpcPort}",
            "--dapr-internal-grpc-port", $"{NextPort()}", "--dapr-listen-addresses", "127.0.0.1", "--enable-metrics=false",
            "--placement-host-address", $"127.0.0.1:{placement}", .. scheduled, "--resources-path", Components, "--log-level", "warn"],
            // daprd 1.16 gives up when placement goes while its app is away: it hosts no actor from then on.
            lastWords: "Failed to reconnect to placement");
    }
}
