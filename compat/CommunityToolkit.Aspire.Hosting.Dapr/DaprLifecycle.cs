using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace CommunityToolkit.Aspire.Hosting.Dapr;

/// <summary>Turns sidecar annotations into processes before the application starts.</summary>
internal sealed class DaprLifecycle(IDistributedApplicationBuilder builder)
{
    public DaprOptions Options { get; } = new();

    public Task AddSidecarsAsync(CancellationToken cancellationToken)
    {
        var apps = builder.Resources.Where(r => r.TryGetLastAnnotation<DaprSidecarAnnotation>(out _))
            .Select(r => new DaprApp(r, r.Annotations.OfType<DaprSidecarAnnotation>().Last().Sidecar)).ToArray();
        if (apps.Length == 0)
            return Task.CompletedTask;
        var data = Path.GetFullPath(builder.Configuration["Mesh:Data"] is { Length: > 0 } chosen ? chosen : Path.Combine(builder.AppHostDirectory, "..", ".mesh"));
        var folder = Path.Combine(data, "dapr");
        Directory.CreateDirectory(folder);
        var resources = ComponentFiles.Folders(builder.Resources.OfType<IDaprComponentResource>(), folder);
        var runtime = DaprRuntime.Find(builder.Configuration, Options.DaprPath);
        if (runtime.Folder is null)
            EmbeddedSidecar.Add(builder, apps, folder, resources);
        else
            RealSidecars.Add(builder, runtime, apps, folder, resources);
        return Task.CompletedTask;
    }
}

/// <summary>An app with its sidecar and the ports between them.</summary>
internal sealed record DaprApp(IResource App, DaprSidecarResource Sidecar)
{
    public string AppId => Sidecar.Options.AppId ?? App.Name;

    /// <summary>The app listens on its first plain http endpoint.</summary>
    public EndpointReference? Endpoint =>
        App is IResourceWithEndpoints app && app.Annotations.OfType<EndpointAnnotation>().FirstOrDefault(e => e.UriScheme == "http") is { } endpoint ? new(app, endpoint.Name) : null;

    /// <summary>Tells the app where its sidecar is, unless it was told otherwise.</summary>
    public void TellApp(EndpointReference http, EndpointReference grpc) => App.Annotations.Add(new EnvironmentCallbackAnnotation(context =>
    {
        context.EnvironmentVariables.TryAdd("DAPR_HTTP_PORT", http.Port);
        context.EnvironmentVariables.TryAdd("DAPR_GRPC_PORT", grpc.Port);
        context.EnvironmentVariables.TryAdd("DAPR_HTTP_ENDPOINT", http.Url);
        context.EnvironmentVariables.TryAdd("DAPR_GRPC_ENDPOINT", grpc.Url);
    }));

    /// <summary>The flags that every kind of sidecar takes.</summary>
    public void AddFlags(IList<object> args, EndpointReference http, EndpointReference grpc)
    {
        Add("--app-id", AppId);
        if ((Sidecar.Options.AppPort ?? Endpoint?.Port) is { } port)
            Add("--app-port", port);
        Add("--dapr-http-port", http.Port);
        Add("--dapr-grpc-port", grpc.Port);
        Add("--max-body-size", Sidecar.Options.DaprMaxBodySize ?? "16Mi");

        void Add(string flag, object value)
        {
            args.Add(flag);
            args.Add(value);
        }
    }
}
