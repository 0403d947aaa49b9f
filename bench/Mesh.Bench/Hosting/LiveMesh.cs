using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Mesh.Bench.Running;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Mesh.Bench.Hosting;

/// <summary>The whole mesh as a developer starts it: AppHost, sidecars, router, two workers, governance, each a process of its own, on a folder that is gone afterwards.</summary>
internal sealed partial class LiveMesh : IAsyncDisposable
{
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    public static readonly string[] Nodes = ["router", "worker-1", "worker-2", "governance"];
    private readonly IDistributedApplicationTestingBuilder _builder;
    private readonly DistributedApplication _app;

    private LiveMesh(IDistributedApplicationTestingBuilder builder, DistributedApplication app, string sidecar, string data)
    {
        (_builder, _app, Sidecar, Data) = (builder, app, sidecar, data);
        Router = new() { BaseAddress = UrlOf("router"), Timeout = TimeSpan.FromMinutes(1) };
    }

    /// <summary>"embedded" or "daprd".</summary>
    public string Sidecar { get; }

    public string Data { get; }

    public HttpClient Router { get; }

    /// <summary>Of governance's sidecar.</summary>
    public Uri DaprGrpc => Sidecar == "daprd" ? _app.GetEndpoint("governance-dapr-cli", "grpc") : _app.GetEndpoint("dapr", "governance-grpc");

    public Uri DaprHttp => Sidecar == "daprd" ? _app.GetEndpoint("governance-dapr-cli", "http") : _app.GetEndpoint("dapr", "governance-http");

    /// <summary>Healthy when this returns: its experts and its lease may take longer.</summary>
    public static async Task<LiveMesh> StartAsync(string sidecar, params string[] settings)
    {
        using var limit = new CancellationTokenSource(Limit);
        var data = Directory.CreateTempSubdirectory("mesh-bench-").FullName;
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(
            [$"--Mesh:Data={data}", $"--Mesh:Port={FreePort()}", $"--Mesh:Sidecar={sidecar}", $"--Mesh:Models={Models.Embedded}", .. settings], limit.Token);
        foreach (var service in builder.Resources.OfType<ProjectResource>())
            builder.CreateResourceBuilder(service).WithEnvironment("OTEL_EXPORTER_OTLP_ENDPOINT", ""); // there is no dashboard to send to
        builder.Services.AddLogging(logging => logging.ClearProviders());
        var app = await builder.BuildAsync(limit.Token);
        try
        {
            await app.StartAsync(limit.Token);
            await app.ResourceNotifications.WaitForResourceHealthyAsync("router", limit.Token);
            return new(builder, app, sidecar, data);
        }
        catch
        {
            await app.DisposeAsync();
            await builder.DisposeAsync();
            throw;
        }
    }

    public Uri UrlOf(string node) => _app.GetEndpoint(node, "http");

    public Task HealthyAsync(string resource) => _app.ResourceNotifications.WaitForResourceHealthyAsync(resource).WaitAsync(Limit);

    /// <summary>The process of a service.</summary>
    public Process ProcessOf(string resource) =>
        _app.ResourceNotifications.TryGetCurrentState(resource, out var state) && state.Snapshot.Properties.FirstOrDefault(p => p.Name == "executable.pid")?.Value is int pid
            ? Process.GetProcessById(pid)
            : throw new BenchException($"Resource '{resource}' has no process.");

    /// <summary>Its process stands still, and answers nothing that reaches it.</summary>
    public void Freeze(string resource) => Signal(resource, 19);

    public void Thaw(string resource) => Signal(resource, 18);

    /// <summary>That of governance; the embedded one is everybody's.</summary>
    public Process SidecarProcess() => ProcessOf(Sidecar == "daprd" ? "governance-dapr-cli" : "dapr");

    public async Task<JsonElement[]> ExpertsAsync()
    {
        var root = JsonElement.Parse(await Router.GetStringAsync("/mesh/experts"));
        return [.. (root.ValueKind == JsonValueKind.Array ? root : root.GetProperty("experts")).EnumerateArray()];
    }

    /// <summary>All six, ready.</summary>
    public Task ExpertsReadyAsync() => EventuallyAsync(async () => await ExpertsAsync() is { Length: 6 } experts && experts.All(IsReady), "the six experts are ready");

    public static bool IsReady(JsonElement expert) => string.Equals(expert.GetProperty("state").GetString(), "ready", StringComparison.OrdinalIgnoreCase);

    /// <exception cref="BenchException">It does not come within <see cref="Limit"/>.</exception>
    public static async Task EventuallyAsync(Func<Task<bool>> holds, string what)
    {
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(50))
        {
            try
            {
                if (await holds())
                    return;
            }
            catch (HttpRequestException)
            {
                // Not up yet.
            }
            if (clock.Elapsed > Limit)
                throw new BenchException($"After {Limit.TotalSeconds:0} s it is not so that {what}.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        Router.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        await _builder.DisposeAsync();
        Directory.Delete(Data, recursive: true);
    }

    private void Signal(string resource, int signal)
    {
        using var process = ProcessOf(resource);
        if (Kill(process.Id, signal) != 0)
            throw new BenchException($"'{resource}' takes no signal.");
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}
