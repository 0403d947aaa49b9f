using System.Net;
using Dapr.Sidecar.Actors;
using Dapr.Sidecar.Components;
using Dapr.Sidecar.Errors;
using Dapr.Sidecar.Grpc;
using Dapr.Sidecar.Invocation;
using Dapr.Sidecar.Metadata;
using Dapr.Sidecar.PubSub;
using Dapr.Sidecar.State;
using Dapr.Sidecar.Storage;
using Dapr.Sidecar.Workflows;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Dapr.Sidecar.Hosting;

/// <summary>
/// The process: one Kestrel with an HTTP and a gRPC port for each app, all on loopback. A feature is a folder with an Add and a Map method here and, for gRPC, a
/// service class; requests know their app by <see cref="AppRegistry.Of"/>; what must last goes into <see cref="Database"/>.
/// </summary>
internal static class SidecarHost
{
    /// <exception cref="FormatException">Components or command line are wrong.</exception>
    public static WebApplication Build(SidecarOptions options)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders().AddSimpleConsole(console => console.SingleLine = true);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Grpc", LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, options));
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(new AppRegistry(options));
        builder.Services.AddSingleton(ComponentFiles.Read(options.ResourcesPaths));
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(_ => Database.OpenFile(Path.Combine(options.StateDirectory, "sidecar.db")));
        builder.Services.AddSingleton<StateStores>();
        builder.Services.AddSingleton<ExtendedMetadata>();
        builder.Services.AddSingleton<AppMonitor>();
        builder.Services.AddActors();
        builder.Services.AddPubSub();
        builder.Services.AddWorkflows();
        // Last: by the time apps are asked, all who want to know of them listen.
        builder.Services.AddHostedService(services => services.GetRequiredService<AppMonitor>());
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = (int)options.Apps.Max(a => a.MaxBodySize);
            grpc.MaxSendMessageSize = null;
            grpc.Interceptors.Add<GrpcErrors>();
        });
        builder.Services.AddRouting();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));

        var app = builder.Build();
        _ = app.Services.GetRequiredService<StateStores>(); // a bad store is said before the ports open
        app.Use(CleanPath);
        app.UseDaprErrors();
        app.Use(Tokens.Check);
        app.Use((context, next) => RequestBody.Limit(context, next, context.RequestServices.GetRequiredService<AppRegistry>()));
        app.UseRouting();
        app.MapMetadata();
        app.MapState();
        app.MapActors();
        app.MapPubSub();
        app.MapInvocation();
        app.MapGrpcService<DaprService>();
        app.MapWorkflows();
        app.MapRest();
        return app;
    }

    private static void Listen(KestrelServerOptions kestrel, SidecarOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = null; // each app has its own
        kestrel.Limits.MaxRequestHeadersTotalSize = 64 << 10;
        // A worker behind a wire that carries nothing any more is gone: its work items go to another.
        kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(10);
        kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(5);
        foreach (var app in options.Apps)
        {
            kestrel.Listen(IPAddress.Loopback, app.HttpPort, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, app.GrpcPort, listen => listen.Protocols = HttpProtocols.Http2);
        }
    }

    /// <summary>The actors SDK asks for "//v1.0/..." when its endpoint ends in a slash; daprd cleans paths too.</summary>
    private static Task CleanPath(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path.Value is { } path && path.StartsWith("//", StringComparison.Ordinal))
            context.Request.Path = "/" + path.TrimStart('/');
        return next(context);
    }
}
