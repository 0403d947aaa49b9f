namespace Dapr.Conformance.Tests.Workflows.Hosting;

/// <summary>The embedded sidecar as a process of its own, so that it can be killed.</summary>
internal sealed class EmbeddedSidecar(string appId, string maxBodySize = "4Mi", int? appPort = null) : ISidecar
{
    private readonly TempFolder _folder = new();
    private readonly int[] _ports = Ports.Take(2);
    private Child? _process;

    public string GrpcEndpoint => $"http://127.0.0.1:{_ports[0]}";
    public string HttpEndpoint => $"http://127.0.0.1:{_ports[1]}";

    public async Task StartAsync()
    {
        await Components.WriteAsync(_folder["components"], _folder["state.db"]);
        _process = new("dotnet",
            [Path.Combine(AppContext.BaseDirectory, "Dapr.Sidecar.dll"), "--app-id", appId, "--dapr-grpc-port", $"{_ports[0]}", "--dapr-http-port", $"{_ports[1]}",
             "--state-dir", _folder["state"], "--max-body-size", maxBodySize, "--resources-path", _folder["components"],
             .. appPort is { } port ? new[] { "--app-port", $"{port}" } : []], _folder["sidecar.log"]);
        await _process.WaitForAsync($"{HttpEndpoint}/v1.0/healthz/outbound", TimeSpan.FromSeconds(120));
    }

    public bool HasEnded => _process is { HasExited: true };

    public Task KillAsync() => _process?.KillAsync() ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        _folder.Dispose();
    }
}
