using System.Net;
using System.Net.Sockets;

namespace Mesh.EndToEnd.Tests.Halting;

/// <summary>The way from one process to another, which can be cut: while it is, everything hangs as on a network that loses all of it, and nothing of that comes late.</summary>
internal sealed class Wire : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _accepting;
    private CancellationTokenSource _whole = new();
    private volatile bool _isCut;

    /// <param name="port">Where it leads to, asked at every connection.</param>
    public Wire(Func<int> port)
    {
        _listener.Start();
        _accepting = AcceptAsync(port);
    }

    public string Url => $"http://{_listener.LocalEndpoint}";

    public void Cut() => _isCut = true;

    public void Mend()
    {
        _isCut = false;
        using var old = Interlocked.Exchange(ref _whole, new());
        old.Cancel();
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _whole.Dispose();
        _end.Dispose();
    }

    private async Task AcceptAsync(Func<int> port)
    {
        try
        {
            while (true)
                _ = CarryAsync(await _listener.AcceptTcpClientAsync(_end.Token), port);
        }
        catch (OperationCanceledException)
        {
            // The mesh is stopped.
        }
    }

    private async Task CarryAsync(TcpClient near, Func<int> port)
    {
        using (near)
        using (var until = CancellationTokenSource.CreateLinkedTokenSource(_whole.Token, _end.Token))
            try
            {
                await PassAsync(until.Token);
                using var far = new TcpClient();
                await far.ConnectAsync(IPAddress.Loopback, port(), until.Token);
                await Task.WhenAny(CopyAsync(near.GetStream(), far.GetStream(), until.Token), CopyAsync(far.GetStream(), near.GetStream(), until.Token));
                await until.CancelAsync();
            }
            catch (Exception fault) when (fault is OperationCanceledException or SocketException)
            {
                // It was cut, or nobody listens there.
            }
    }

    private async Task CopyAsync(Stream from, Stream to, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 << 10];
        try
        {
            while (await from.ReadAsync(buffer, cancellationToken) is > 0 and var length)
            {
                await PassAsync(cancellationToken);
                await to.WriteAsync(buffer.AsMemory(0, length), cancellationToken);
            }
        }
        catch (Exception fault) when (fault is OperationCanceledException or IOException)
        {
            // One end is gone.
        }
    }

    private Task PassAsync(CancellationToken cancellationToken) => _isCut ? Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken) : Task.CompletedTask;
}
