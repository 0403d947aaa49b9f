using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using ServiceDefaults;

namespace Router.Api.Grpc;

/// <summary>Where gRPC is served: HTTP/2 without TLS wants a port of its own, <c>Mesh:GrpcPort</c> on the router's address; without that setting there is none.</summary>
internal static class GrpcDoor
{
    private const string Setting = "Mesh:GrpcPort";

    public static void Open(WebApplicationBuilder builder)
    {
        if (builder.Configuration.GetValue<int?>(Setting) is not { } port)
            return;
        if (port is < 0 or > 65535)
            throw new InvalidOperationException($"{Setting} is {port}; it must be 0 to 65535.");
        var urls = builder.Configuration[WebHostDefaults.ServerUrlsKey] ?? throw new InvalidOperationException($"{Setting} needs addresses in 'urls', not in 'Kestrel:Endpoints'.");
        builder.Configuration.AddInMemoryCollection([new(WebHostDefaults.ServerUrlsKey, "")]);
        var first = BindingAddress.Parse(urls.Split(';')[0]);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ListenHttp1(urls);
            kestrel.Listen(IPAddress.TryParse(first.Host.Trim('[', ']'), out var ip) ? ip : IPAddress.Loopback, port, door => door.Protocols = HttpProtocols.Http2);
        });
    }

    public static void MapGrpc(this WebApplication app) => app.MapGrpcService<MeshLlm>();
}
