using System.Net;
using System.Net.Sockets;

namespace Dapr.Conformance.Tests.Workflows.Hosting;

/// <summary>
/// Ports for children: each is given once, and by one test process, which listens on the first port of every block it gives from until it ends. They lie below
/// those that systems give to outgoing connections: one of these could take the port of a process that was killed before it is started again.
/// </summary>
internal static class Ports
{
    private const int First = 10_240, Last = 32_000, BlockSize = 64;
    private static readonly Lock Gate = new();
    private static readonly List<TcpListener> Blocks = [];
    private static int _next, _end;

    /// <summary>Free a moment ago, all different.</summary>
    public static int[] Take(int count)
    {
        lock (Gate)
            return [.. Enumerable.Range(0, count).Select(_ => Next())];
    }

    private static int Next()
    {
        while (true)
        {
            if (_next == _end)
                TakeBlock();
            else if (TryListen(_next++) is { } listener)
            {
                listener.Dispose();
                return _next - 1;
            }
        }
    }

    private static void TakeBlock()
    {
        var first = First + Random.Shared.Next((Last - First) / BlockSize) * BlockSize;
        if (TryListen(first) is not { } guard)
            return;
        Blocks.Add(guard);
        (_next, _end) = (first + 1, first + BlockSize);
    }

    private static TcpListener? TryListen(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return listener;
        }
        catch (SocketException)
        {
            listener.Dispose();
            return null;
        }
    }
}
