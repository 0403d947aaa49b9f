using Dapr.Conformance.Tests.Workflows.Hosting;

namespace Dapr.Conformance.Tests.Hosting;

/// <summary>The embedded sidecar: one process for all apps.</summary>
internal sealed class EmbeddedSet(SidecarSpec spec) : SidecarSet(spec)
{
    private readonly TempFolder _folder = new();
    private Child? _process;

    public override int Running => _process is { HasExited: false } ? 1 : 0;

    private protected override async Task RunAsync()
    {
        List<string> arguments = [Path.Combine(AppContext.BaseDirectory, "Dapr.Sidecar.dll"), "--state-dir", _folder["state"], "--resources-path", Components(_folder), "--max-body-size", Spec.MaxBodySize];
        foreach (var app in Spec.Apps)
        {
            arguments.AddRange(["--", "--app-id", app.Id, "--dapr-http-port", $"{app.HttpPort}", "--dapr-grpc-port", $"{app.GrpcPort}"]);
            if (app.Port is { } port)
                arguments.AddRange(["--app-port", $"{port}"]);
        }
        _process = new("dotnet", arguments, _folder["sidecar.log"], Spec.Environment);
        await _process.WaitForAsync($"{Http(0)}/v1.0/healthz/outbound", TimeSpan.FromSeconds(60));
    }

    public override Task KillAsync() => _process?.KillAsync() ?? Task.CompletedTask;

    public override async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        _folder.Dispose();
    }
}
