using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using ServiceDefaults;

namespace Expert.Worker.Hosting;

/// <summary>
/// The two doors of a worker: the sidecar's (HTTP/1.1, <c>ASPNETCORE_URLS</c>) and the routers' (HTTP/2 without TLS, <c>Mesh:StreamPort</c>; 0 takes a
/// free port). The second one is bound to loopback unless <c>Mesh:StreamAddress</c> names another address, and serves streams alone.
/// </summary>
internal sealed class StreamListener
{
    private ListenOptions? _stream;

    /// <summary>The bound port, once there is one.</summary>
    public int? Port => _stream?.IPEndPoint?.Port is > 0 and var port ? port : null;

    /// <summary>What routers are told: <c>Mesh:StreamHost</c>, else the bound address.</summary>
    public string AdvertisedHost { get; private set; } = "127.0.0.1";

    public void Configure(WebApplicationBuilder builder)
    {
        var urls = builder.Configuration[WebHostDefaults.ServerUrlsKey] ?? "http://127.0.0.1:0";
        var address = IPAddress.Parse(builder.Configuration["Mesh:StreamAddress"] ?? "127.0.0.1");
        var streamPort = builder.Configuration.GetValue("Mesh:StreamPort", 0);
        AdvertisedHost = builder.Configuration["Mesh:StreamHost"] ?? (IPAddress.Any.Equals(address) ? Dns.GetHostName() : address.ToString());
        // Endpoints in code replace the URLs of the configuration, so both doors are opened here.
        builder.Configuration.AddInMemoryCollection([new(WebHostDefaults.ServerUrlsKey, "")]);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.Http2.InitialStreamWindowSize = 1 << 20;
            kestrel.Limits.Http2.InitialConnectionWindowSize = 4 << 20;
            kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(10);
            kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(10);
            // A stream rests between completions; who reads too slowly is found out by what piles up.
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.ListenHttp1(urls);
            kestrel.Listen(address, streamPort, options =>
            {
                options.Protocols = HttpProtocols.Http2;
                _stream = options;
            });
        });
    }

    /// <summary>Answers 404 to everything but streams on the stream's door, and to streams on the other.</summary>
    public Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        var isStream = context.GetEndpoint()?.Metadata.GetMetadata<StreamDoor>() is not null;
        if (context.Connection.LocalPort == Port == isStream)
            return next(context);
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}

/// <summary>Marks the endpoint that belongs to the stream's door.</summary>
internal sealed class StreamDoor;
