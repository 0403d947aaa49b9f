using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;

namespace CommunityToolkit.Aspire.Hosting.Dapr;

/// <summary>What runs the sidecars of an application; made for the first app that has one.</summary>
internal interface ISidecars
{
    void Add(DaprApp app);
}

/// <summary>The Dapr side of an application that is being built.</summary>
internal sealed class DaprHost(IDistributedApplicationBuilder builder)
{
    private ISidecars? _sidecars;
    private IReadOnlyList<string>? _resources;

    public DaprOptions Options { get; } = new();

    public IDistributedApplicationBuilder Builder { get; } = builder;

    /// <summary>Where everything kept lies.</summary>
    public string Folder { get; } = Path.Combine(
        Path.GetFullPath(builder.Configuration["Mesh:Data"] is { Length: > 0 } chosen ? chosen : Path.Combine(builder.AppHostDirectory, "..", ".mesh")), "dapr");

    /// <summary>Folders of component files; once every component is known.</summary>
    public IReadOnlyList<string> ResourcesPaths => _resources ??= ComponentFiles.Folders(Builder.Resources.OfType<IDaprComponentResource>(), Folder);

    public static DaprHost Of(IDistributedApplicationBuilder builder)
    {
        // A testing builder wraps the real one: they share the services.
        var known = builder.Services.Select(s => s.ServiceType == typeof(DaprHost) ? s.ImplementationInstance : null).OfType<DaprHost>().FirstOrDefault();
        if (known is null)
            builder.Services.AddSingleton(known = new(builder));
        return known;
    }

    public void Add(DaprApp app)
    {
        if (Builder.ExecutionContext.IsPublishMode)
            return;
        if (_sidecars is null)
        {
            Directory.CreateDirectory(Folder);
            var runtime = DaprRuntime.Find(Builder.Configuration, Options.DaprPath);
            _sidecars = runtime.Folder is null ? new EmbeddedSidecar(this) : new RealSidecars(this, runtime);
        }
        _sidecars.Add(app);
    }
}

/// <summary>An app with its sidecar and the ports between them.</summary>
internal sealed record DaprApp(IResource App, DaprSidecarResource Sidecar)
{
    public string AppId => Sidecar.Options.AppId ?? App.Name;

    /// <summary>The app listens on its first plain http endpoint.</summary>
    public EndpointReference? Endpoint =>
        App is IResourceWithEndpoints app && app.Annotations.OfType<EndpointAnnotation>().FirstOrDefault(e => e.UriScheme == "http") is { } endpoint ? new(app, endpoint) : null;

    /// <summary>Tells the app where its sidecar is, unless it was told otherwise.</summary>
    public void TellApp(EndpointReference http, EndpointReference grpc) => App.Annotations.Add(new EnvironmentCallbackAnnotation(context =>
    {
        context.EnvironmentVariables.TryAdd("DAPR_HTTP_PORT", http.Property(EndpointProperty.Port));
        context.EnvironmentVariables.TryAdd("DAPR_GRPC_PORT", grpc.Property(EndpointProperty.Port));
        context.EnvironmentVariables.TryAdd("DAPR_HTTP_ENDPOINT", http);
        context.EnvironmentVariables.TryAdd("DAPR_GRPC_ENDPOINT", grpc);
    }));

    /// <summary>The flags that every kind of sidecar takes.</summary>
    public void AddFlags(IList<object> args, EndpointReference http, EndpointReference grpc)
    {
        Add("--app-id", AppId);
        if (Sidecar.Options.AppPort is { } port)
            Add("--app-port", $"{port}");
        else if (Endpoint is { } endpoint)
            Add("--app-port", endpoint.Property(EndpointProperty.Port));
        Add("--dapr-http-port", http.Property(EndpointProperty.TargetPort));
        Add("--dapr-grpc-port", grpc.Property(EndpointProperty.TargetPort));
        Add("--max-body-size", Sidecar.Options.DaprMaxBodySize ?? "16Mi");

        void Add(string flag, object value)
        {
            args.Add(flag);
            args.Add(value);
        }
    }
}

internal static class Loopback
{
    /// <summary>An endpoint that the process itself serves, on 127.0.0.1: a free port unless one is given.</summary>
    public static IResourceBuilder<ExecutableResource> WithDirectEndpoint(this IResourceBuilder<ExecutableResource> builder, string name, int? port = null) =>
        builder.WithHttpEndpoint(port, port, name, isProxied: false).WithEndpoint(name, endpoint => endpoint.TargetHost = "127.0.0.1", createIfNotExists: false);
}
