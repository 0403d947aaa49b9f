using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;

namespace AppHost.Starting;

internal static class Ports
{
    private static readonly string[] DashboardAddresses = ["ASPNETCORE_URLS", "ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", "ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL", "ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"];

    /// <summary>Aspire would start a service whose port is taken all the same, and it would crash for ever.</summary>
    /// <exception cref="DistributedApplicationException">Something else listens on a port that was chosen for the mesh.</exception>
    public static void MustBeFree(IDistributedApplicationBuilder builder)
    {
        foreach (var resource in builder.Resources)
            foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
                if (endpoint.Port is { } port)
                    MustBeFree(port, $"'{resource.Name}' (endpoint '{endpoint.Name}')");
        foreach (var name in DashboardAddresses)
            foreach (var address in (builder.Configuration[name] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                if (Uri.TryCreate(address, UriKind.Absolute, out var url) && url.Port > 0)
                    MustBeFree(url.Port, $"the dashboard ({name})");
    }

    private static void MustBeFree(int port, string user)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
        }
        catch (SocketException fault)
        {
            throw new DistributedApplicationException(fault.SocketErrorCode == SocketError.AccessDenied
                ? $"Port {port} for {user} may not be used by this user. Choose one above 1023."
                : $"Port {port} for {user} is taken. Stop what listens there or choose another port.");
        }
    }
}
