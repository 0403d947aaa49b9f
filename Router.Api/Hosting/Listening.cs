using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Router.Api.Grpc;
using Router.Api.Security;

namespace Router.Api.Hosting;

/// <summary>Where the router listens, and what it reads before it has looked at a request.</summary>
internal static class Listening
{
    private const int DefaultPort = 8080;
    private const int ResponseBuffer = 16 << 10;
    private const double LeastBytesPerSecond = 240;   // Kestrel's

    public static void AddListening(this WebApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        if (configuration["urls"] is null && configuration["http_ports"] is null && configuration["https_ports"] is null && !configuration.GetSection("Kestrel:Endpoints").Exists())
            builder.WebHost.UseUrls($"http://127.0.0.1:{configuration.GetValue("Mesh:Port", DefaultPort)}");
        GrpcDoor.Open(builder);
        builder.Services.AddSingleton<IConfigureOptions<KestrelServerOptions>, ConfigureLimits>();
    }

    private sealed class ConfigureLimits(IOptions<RouterOptions> options, ApiKeys keys) : IConfigureOptions<KestrelServerOptions>
    {
        public void Configure(KestrelServerOptions kestrel)
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.Value.MaxBodyBytes;
            kestrel.Limits.MaxRequestHeadersTotalSize = 16 << 10;
            kestrel.Limits.MaxRequestHeaderCount = 64;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
            // What the server holds back is small, so that a reader's progress shows; how long it may make none is one setting for every response. Kestrel's own
            // default would close a stream whose reader pauses for 5 s.
            kestrel.Limits.MaxResponseBufferSize = ResponseBuffer;
            kestrel.Limits.MinResponseDataRate = new(LeastBytesPerSecond, options.Value.ReaderTimeout);
            kestrel.Limits.MaxConcurrentConnections = 4096;
            kestrel.ConfigureEndpointDefaults(RefuseOpenDoor);
        }

        private void RefuseOpenDoor(ListenOptions listen)
        {
            if (!keys.Required && listen.IPEndPoint is { } end && !IPAddress.IsLoopback(end.Address))
                throw new InvalidOperationException(
                    $"The router will not listen on {end}, which other machines can reach, without API keys: set {ApiKeys.FileSetting} to a file of keys, or listen on 127.0.0.1.");
        }
    }
}
