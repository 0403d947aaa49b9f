using System.Net;
using Dapr.Sidecar.Actors;
using Dapr.Sidecar.Components;
using Dapr.Sidecar.Errors;
using Dapr.Sidecar.Grpc;
using Dapr.Sidecar.Invocation;
using Dapr.Sidecar.Metadata;
using Dapr.Sidecar.State;
using Dapr.Sidecar.Workflows;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Dapr.Sidecar.Hosting;

/// <summary>
/// The process: one Kestrel with an HTTP and a gRPC port for each app, all on loopback. A feature is a folder with a Map method here and, for gRPC, a service
/// class; requests know their app by <see cref="AppRegistry.Of"/>.
/// </summary>
internal static class SidecarHost
{
    /// <exception cref="FormatException">Components or command line are wrong.</exception>
    public static WebApplication Build(SidecarOptions options)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders().AddSimpleConsole(console => console.SingleLine = true);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Grpc", LogLevel.Warning);
        var apps = new AppRegistry(options);
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, options));
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(apps);
        builder.Services.AddSingleton(ComponentFiles.Read(options.ResourcesPaths));
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<StateStores>();
        builder.Services.AddSingleton<ActorTable>();
        builder.Services.AddSingleton<ActorCalls>();
        builder.Services.AddSingleton<AppMonitor>();
        builder.Services.AddHostedService(services => services.GetRequiredService<AppMonitor>());
        builder.Services.AddHostedService<ActorIdling>();
        builder.Services.AddWorkflows();
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = (int)options.Apps.Max(a => a.MaxBodySize);
            grpc.MaxSendMessageSize = null;
        });
        builder.Services.AddRouting();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));

        var app = builder.Build();
        _ = app.Services.GetRequiredService<StateStores>(); // a bad store is said before the ports open
        app.Use((context, next) =>
        {
            // The actors SDK asks for "//v1.0/..." when its endpoint ends in a slash; daprd cleans paths too.
            if (context.Request.Path.Value is { } path && path.StartsWith("//", StringComparison.Ordinal))
                context.Request.Path = "/" + path.TrimStart('/');
            return next(context);
        });
        app.UseDaprErrors();
        app.Use(CheckToken);
        app.UseHeaderInvocation();
        app.UseRouting();
        app.MapMetadata();
        app.MapState();
        app.MapActors();
        app.MapInvocation();
        app.MapGrpcService<DaprService>();
        app.MapWorkflows();
        app.MapFallback(() => new DaprError(404, "ERR_METHOD_NOT_FOUND", "the embedded sidecar does not serve this path").Result);
        return app;
    }

    private static void Listen(KestrelServerOptions kestrel, SidecarOptions options)
    {
        kestrel.Limits.MaxRequestBodySize = options.Apps.Max(a => a.MaxBodySize);
        kestrel.Limits.MaxRequestHeadersTotalSize = 64 << 10;
        foreach (var app in options.Apps)
        {
            kestrel.Listen(IPAddress.Loopback, app.HttpPort, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, app.GrpcPort, listen => listen.Protocols = HttpProtocols.Http2);
        }
    }

    /// <summary>With DAPR_API_TOKEN set, everything but health needs it; compared in constant time.</summary>
    private static Task CheckToken(HttpContext context, RequestDelegate next)
    {
        if (Tokens.Api is not { } expected || context.Request.Path.StartsWithSegments("/v1.0/healthz"))
            return next(context);
        var shown = System.Text.Encoding.UTF8.GetBytes(context.Request.Headers[Tokens.Header].ToString());
        if (System.Security.Cryptography.CryptographicOperations.FixedTimeEquals(shown, System.Text.Encoding.UTF8.GetBytes(expected)))
            return next(context);
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return context.Response.WriteAsync("invalid api token");
    }
}
