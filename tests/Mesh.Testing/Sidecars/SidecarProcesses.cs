using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Mesh.Testing.Sidecars;

/// <summary>The processes of one sidecar and a folder of their own; both are gone after <see cref="DisposeAsync"/>.</summary>
public abstract class SidecarProcesses : IAsyncDisposable
{
    private readonly List<Process> _processes = [];
    private readonly Queue<int> _ports = new(FreePorts(12));

    protected SidecarProcesses() => (HttpPort, GrpcPort) = (NextPort(), NextPort());

    /// <summary>Where it serves the Dapr API over HTTP.</summary>
    public int HttpPort { get; }

    public int GrpcPort { get; }

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
            if (_processes.Find(p => p.HasExited) is { } gone)
                Assert.Fail($"{gone.StartInfo.FileName} ended with {gone.ExitCode}.");
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), "The sidecar was not up within 60 s.");
            await Task.Delay(100);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in Enumerable.Reverse(_processes))
        {
            using (process)
            {
                if (!process.HasExited)
                    process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(10));
            }
        }
        Directory.Delete(Folder, recursive: true);
    }

    protected abstract void Launch(string appId, int appPort);

    protected int NextPort() => _ports.Dequeue();

    protected void Start(string program, params string[] arguments)
    {
        var info = new ProcessStartInfo(program, arguments) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true };
        info.Environment["DAPR_HOST_IP"] = "127.0.0.1";
        var process = Process.Start(info)!;
        // A pipe that nobody reads would stop the process once it is full.
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _processes.Add(process);
    }

    private async Task<bool> IsUpAsync(HttpClient http)
    {
        try
        {
            using var response = await http.GetAsync($"http://127.0.0.1:{HttpPort}/v1.0/healthz/outbound");
            return response.StatusCode == HttpStatusCode.NoContent;
        }
        catch (Exception notYet) when (notYet is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>All held at once, so that no two are the same.</summary>
    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        foreach (var listener in listeners)
            listener.Start();
        var ports = listeners.Select(l => ((IPEndPoint)l.LocalEndpoint).Port).ToArray();
        foreach (var listener in listeners)
            listener.Dispose();
        return ports;
    }
}

/// <summary>The sidecar that comes with the project.</summary>
public sealed class EmbeddedProcesses : SidecarProcesses
{
    protected override void Launch(string appId, int appPort) => Start(
        "dotnet", Path.Combine(AppContext.BaseDirectory, "Dapr.Sidecar.dll"), "--state-dir", Folder, "--resources-path", Components,
        "--", "--app-id", appId, "--app-port", $"{appPort}", "--dapr-http-port", $"{HttpPort}", "--dapr-grpc-port", $"{GrpcPort}");
}

/// <summary>daprd 1.16 with a placement service of its own.</summary>
public sealed class DaprdProcesses : SidecarProcesses
{
    private static readonly string Bin = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".dapr", "bin");

    public static string? Missing => File.Exists(Path.Combine(Bin, "daprd")) && File.Exists(Path.Combine(Bin, "placement"))
        ? null
        : "daprd and placement 1.16 are not in ~/.dapr/bin (../shared/dapr/install puts them there).";

    protected override void Launch(string appId, int appPort)
    {
        var placement = NextPort();
        Start(Path.Combine(Bin, "placement"),
            "--port", $"{placement}", "--listen-address", "127.0.0.1", "--healthz-port", $"{NextPort()}", "--healthz-listen-address", "127.0.0.1",
            "--initial-cluster", $"dapr-placement-0=127.0.0.1:{NextPort()}", "--enable-metrics=false", "--log-level", "warn");
        Start(Path.Combine(Bin, "daprd"),
            "--app-id", appId, "--app-port", $"{appPort}", "--dapr-http-port", $"{HttpPort}", "--dapr-grpc-port", $"{GrpcPort}",
            "--dapr-internal-grpc-port", $"{NextPort()}", "--dapr-listen-addresses", "127.0.0.1", "--enable-metrics=false",
            "--placement-host-address", $"127.0.0.1:{placement}", "--resources-path", Components, "--log-level", "warn");
    }
}
