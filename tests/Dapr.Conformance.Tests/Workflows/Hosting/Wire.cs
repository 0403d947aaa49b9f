using System.Net;
using System.Net.Sockets;

namespace Dapr.Conformance.Tests.Workflows.Hosting;

/// <summary>A wire to a port that can be cut and mended, and whose connections can stall: open on both ends, and carrying nothing any more.</summary>
/// <param name="target">Asked for each connection.</param>
/// <param name="tellsEnd">Whether the target learns that a caller hung up on a stalled connection; where not, that end stays open for ever.</param>
internal sealed class Wire : IAsyncDisposable
{
    private readonly Func<int> _target;
    private readonly bool _tellsEnd;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private CancellationTokenSource _cut = new();
    private CancellationTokenSource _stall = new();
    private volatile bool _open = true;
    private int _connections;

    public Wire(Func<int> target, bool tellsEnd = true)
    {
        (_target, _tellsEnd) = (target, tellsEnd);
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Ever made.</summary>
    public int Connections => Volatile.Read(ref _connections);

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

    /// <summary>For good, those that stand; new ones carry.</summary>
    public async Task StallAsync() => await Interlocked.Exchange(ref _stall, new()).CancelAsync();

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
                Interlocked.Increment(ref _connections);
                if (_open)
                    _ = JoinAsync(client, _cut.Token, _stall.Token);
                else
                    client.Dispose();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task JoinAsync(TcpClient client, CancellationToken cut, CancellationToken stall)
    {
        using (client)
        using (var server = new TcpClient())
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _target(), cut);
                await Task.WhenAny(CarryAsync(client, server, cut, stall, isCaller: true), CarryAsync(server, client, cut, stall, isCaller: false));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or IOException)
            {
            }
        }
    }

    /// <summary>Ends with the connection. Stalled, what comes is lost.</summary>
    private async Task CarryAsync(TcpClient from, TcpClient to, CancellationToken cut, CancellationToken stall, bool isCaller)
    {
        var buffer = new byte[16 << 10];
        while (await from.GetStream().ReadAsync(buffer, cut) is > 0 and var count)
            if (!stall.IsCancellationRequested)
                await to.GetStream().WriteAsync(buffer.AsMemory(0, count), cut);
        if (stall.IsCancellationRequested && !(isCaller && _tellsEnd))
            await Task.Delay(Timeout.Infinite, cut);
    }
}
