using System.Net;
using System.Net.Sockets;

namespace Dapr.Conformance.Tests.Workflows.Hosting;

/// <summary>A wire between an app and its sidecar that can be cut and mended.</summary>
internal sealed class TcpLink : ISidecar
{
    private readonly ISidecar _target;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private CancellationTokenSource _cut = new();
    private volatile bool _open = true;

    public TcpLink(ISidecar target)
    {
        _target = target;
        _listener.Start();
        _ = AcceptAsync();
    }

    public string GrpcEndpoint => $"http://{_listener.LocalEndpoint}";
    public string HttpEndpoint => _target.HttpEndpoint;

    public Task StartAsync() => _target.StartAsync();

    public Task KillAsync() => _target.KillAsync();

    public async Task CutAsync()
    {
        _open = false;
        await _cut.CancelAsync();
    }

    public void Mend()
    {
        _cut = new();
        _open = true;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _cut.CancelAsync();
        _listener.Stop();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_end.Token);
                if (_open)
                    _ = JoinAsync(client, _cut.Token);
                else
                    client.Dispose();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task JoinAsync(TcpClient client, CancellationToken cut)
    {
        var to = new Uri(_target.GrpcEndpoint);
        using (client)
        using (var server = new TcpClient())
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, to.Port, cut);
                await Task.WhenAny(client.GetStream().CopyToAsync(server.GetStream(), cut), server.GetStream().CopyToAsync(client.GetStream(), cut));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or IOException)
            {
            }
        }
    }
}
