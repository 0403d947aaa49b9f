using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>Gives every endpoint its port before anything starts: the configured one if it is free, else any free one.</summary>
internal static class Ports
{
    /// <exception cref="DistributedApplicationException">Configured ports are taken, each named; nothing was started.</exception>
    public static void Allocate(IEnumerable<IResource> resources, bool random)
    {
        var endpoints = resources.SelectMany(r => r.Annotations.OfType<EndpointAnnotation>().Select(e => (Resource: r, Endpoint: e))).Where(e => e.Endpoint.Allocated is null).ToArray();
        var held = new List<TcpListener>();
        var faults = new List<string>();
        try
        {
            foreach (var (resource, endpoint) in endpoints)
            {
                var wanted = random ? 0 : endpoint.Port ?? endpoint.TargetPort ?? 0;
                try
                {
                    var listener = new TcpListener(IPAddress.Loopback, wanted);
                    listener.Start();
                    // Held until all have theirs, so that none is given twice.
                    held.Add(listener);
                    endpoint.Allocated = ((IPEndPoint)listener.LocalEndpoint).Port;
                }
                catch (SocketException)
                {
                    faults.Add($"Port {wanted} for '{resource.Name}' (endpoint '{endpoint.Name}') is taken. Stop what listens there or choose another port.");
                }
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
}
