using System.Net;
using System.Net.Sockets;

namespace Mesh.Testing.Sidecars;

/// <summary>Ports below those that systems give to outgoing connections: one of these could take the port of a process that was killed before it is started again.</summary>
public static class Ports
{
    private const int First = 10_240, Last = 32_000;

    /// <summary>All held at once, so that no two are the same.</summary>
    public static int[] Free(int count)
    {
        var listeners = new List<TcpListener>();
        while (listeners.Count < count)
        {
            var listener = new TcpListener(IPAddress.Loopback, Random.Shared.Next(First, Last));
            try
            {
                listener.Start();
                listeners.Add(listener);
            }
            catch (SocketException)
            {
                listener.Dispose();   // taken
            }
        }
        var ports = listeners.Select(l => ((IPEndPoint)l.LocalEndpoint).Port).ToArray();
        foreach (var listener in listeners)
            listener.Dispose();
        return ports;
    }
}
