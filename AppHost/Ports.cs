using System.Net;
using System.Net.Sockets;

namespace AppHost;

internal static class Ports
{
    /// <summary>Which fixed port something else listens on; null when all are free. Aspire would start the service all the same, and it would crash.</summary>
    public static string? Taken(IDistributedApplicationBuilder builder)
    {
        if (builder.ExecutionContext.IsPublishMode)
            return null;
        foreach (var resource in builder.Resources)
            foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
                if (endpoint.Port is { } port && !IsFree(port))
                    return $"Port {port} for '{resource.Name}' (endpoint '{endpoint.Name}') is taken. Stop what listens there or choose another port.";
        return null;
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
