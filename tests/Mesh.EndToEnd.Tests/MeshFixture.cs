using System.Diagnostics;
using System.Runtime.InteropServices;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary>The whole mesh as a developer starts it: AppHost, sidecars, two workers, the embedded experts; once for a class of tests.</summary>
public abstract partial class MeshFixture(params string[] settings) : IAsyncLifetime
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(6);
    private readonly string _data = Directory.CreateTempSubdirectory("mesh-e2e-").FullName;
    private IDistributedApplicationTestingBuilder? _builder;
    private DistributedApplication? _app;

    /// <summary>Why this mesh cannot run here, or null.</summary>
    public virtual string? Missing => null;

    /// <summary>How many experts must be ready before the tests begin.</summary>
    protected virtual int ReadyExperts => 6;

    /// <summary>The sidecars of the router and of one worker.</summary>
    public virtual IReadOnlyList<string> Sidecars => ["dapr"];

    /// <summary>What Dapr runs beside its sidecars.</summary>
    public virtual IReadOnlyList<string> ControlPlane => [];

    public DistributedApplication App => _app ?? throw new InvalidOperationException("The mesh was not started.");

    public HttpClient Router { get; private set; } = null!;

    /// <summary>The folder of everything kept.</summary>
    public string Data => _data;

    public async Task InitializeAsync()
    {
        if (Missing is not null)
            return;
        using var limit = new CancellationTokenSource(StartLimit);
        _builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>([$"--Mesh:Data={_data}", $"--Mesh:Port={FreePort()}", "--Mesh:SelfPrompt:Interval=00:00:00", .. settings], limit.Token);
        _builder.WithoutTelemetry();
        Prepare(_builder);
        _app = await _builder.BuildAsync(limit.Token);
        await _app.StartAsync(limit.Token);
        await _app.ResourceNotifications.WaitForResourceHealthyAsync("router", limit.Token);
        Router = _app.CreateHttpClient("router");
        Router.Timeout = TimeSpan.FromMinutes(5);
        await Eventually(async () => (await Router.ExpertsAsync()).Count(e => e.State == "ready") == ReadyExperts, $"{ReadyExperts} experts are ready", StartLimit);
    }

    /// <summary>What is to be added or changed before it is started.</summary>
    protected virtual void Prepare(IDistributedApplicationTestingBuilder builder)
    {
    }

    public virtual async Task DisposeAsync()
    {
        Router?.Dispose();
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }
        if (_builder is not null)
            await _builder.DisposeAsync();
        try
        {
            Directory.Delete(_data, recursive: true);
        }
        catch (IOException)
        {
            // A sidecar that was killed hard may still be going; the folder is in the system's temporary place.
        }
    }

    /// <summary>Kills the process behind a resource as a crash would: SIGKILL, nothing said. The id of what was killed, or null while there is none alive.</summary>
    public int? Kill(string resource)
    {
        if (Pid(resource) is not { } pid)
            return null;
        try
        {
            using var process = Process.GetProcessById(pid);
            process.Kill();
            return pid;
        }
        catch (ArgumentException)
        {
            return null; // it died a moment ago, and Aspire does not know yet
        }
    }

    /// <summary>Kills the process of a resource and waits until there is another one.</summary>
    public async Task ReplaceAsync(string resource, TimeSpan limit)
    {
        int? killed = null;
        await Eventually(() => Task.FromResult((killed = Kill(resource)) is not null), $"{resource} has a process", limit);
        await ReplacedAsync(resource, killed, limit);
    }

    /// <summary>Waits until another process than the one that ended is there.</summary>
    public Task ReplacedAsync(string resource, int? ended, TimeSpan limit) =>
        Eventually(() => Task.FromResult(Pid(resource) is { } pid && pid != ended), $"{resource} is started again", limit);

    public void Signal(string resource, int signal) => Assert.Equal(0, Kill(Pid(resource)!.Value, signal));

    /// <summary>Null while it has none; the 0 that Aspire shows then would be this very process's group.</summary>
    public int? Pid(string resource) =>
        App.ResourceNotifications.TryGetCurrentState(resource, out var state) && state.Snapshot.Properties.FirstOrDefault(p => p.Name == "executable.pid")?.Value is int pid and > 0 ? pid : null;

    /// <summary>Aspire's tests get other ports than the configured ones for proxied endpoints only.</summary>
    internal static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);

    public static async Task Eventually(Func<Task<bool>> holds, string what, TimeSpan limit)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                if (await holds())
                    return;
            }
            catch (HttpRequestException)
            {
                // Not up yet, or on its way down.
            }
            Assert.True(clock.Elapsed < limit, $"After {limit.TotalSeconds:0} s it is not so that {what}.");
            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }
    }
}

internal static class Telemetry
{
    /// <summary>A test has no dashboard: services that send to it all the same wait seconds for it when they stop.</summary>
    public static void WithoutTelemetry(this IDistributedApplicationTestingBuilder builder)
    {
        foreach (var service in builder.Resources.OfType<ProjectResource>())
            builder.CreateResourceBuilder(service).WithEnvironment("OTEL_EXPORTER_OTLP_ENDPOINT", "");
    }
}

public sealed class EmbeddedMesh() : MeshFixture("--Mesh:Sidecar=embedded");

public sealed class ActorTransportMesh() : MeshFixture("--Mesh:Sidecar=embedded", "--Mesh:Transport=actor");

public sealed class DaprdMesh() : MeshFixture("--Mesh:Sidecar=daprd")
{
    public override string? Missing => RealDapr.Missing;

    public override IReadOnlyList<string> Sidecars => ["router-dapr-cli", "worker-1-dapr-cli"];

    public override IReadOnlyList<string> ControlPlane => ["dapr-placement", "dapr-scheduler"];
}
