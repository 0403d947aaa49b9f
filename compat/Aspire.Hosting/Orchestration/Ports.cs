using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>Gives every endpoint its port before anything starts: the configured one if it is free, else any free one.</summary>
internal static class Ports
{
    // Below the ports that systems give to outgoing connections: one of those could take the port of a resource while it is being restarted.
    private const int First = 10_240;
    private const int Behind = 32_000;

    /// <exception cref="DistributedApplicationException">Configured ports are taken, each named; nothing was started.</exception>
    public static void Allocate(IEnumerable<IResource> resources, bool random)
    {
        var endpoints = resources.SelectMany(r => r.Annotations.OfType<EndpointAnnotation>().Select(e => (Resource: r, Endpoint: e))).Where(e => e.Endpoint.Allocated is null).ToArray();
        // Held until all have theirs, so that none is given twice.
        var held = new List<TcpListener>();
        var faults = new List<string>();
        try
        {
            foreach (var (resource, endpoint) in endpoints)
            {
                var wanted = random ? null : endpoint.Port ?? endpoint.TargetPort;
                if (wanted is null)
                    endpoint.Allocated = HoldAny(held);
                else if (TryHold(wanted.Value, held))
                    endpoint.Allocated = wanted;
                else
                    faults.Add($"Port {wanted} for '{resource.Name}' (endpoint '{endpoint.Name}') is taken. Stop what listens there or choose another port.");
            }
        }
        finally
        {
            foreach (var listener in held)
                listener.Dispose();
        }
        if (faults.Count > 0)
            throw new DistributedApplicationException(string.Join(Environment.NewLine, faults));
    }

    private static int HoldAny(List<TcpListener> held)
    {
        for (var tries = 0; tries < 10_000; tries++)
            if (Random.Shared.Next(First, Behind) is var port && TryHold(port, held))
                return port;
        throw new DistributedApplicationException("No free port was found on 127.0.0.1.");
    }

    private static bool TryHold(int port, List<TcpListener> held)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            held.Add(listener);
            return true;
        }
        catch (SocketException)
        {
            listener.Dispose();
            return false;
        }
    }
}
