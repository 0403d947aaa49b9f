using System.Reflection;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace CommunityToolkit.Aspire.Hosting.Dapr;

/// <summary>One process, the resource <c>dapr</c>, serves every app: a group of flags each.</summary>
internal sealed class EmbeddedSidecar : ISidecars
{
    private readonly IResourceBuilder<ExecutableResource> _sidecar;
    private bool _probed;

    public EmbeddedSidecar(DaprHost dapr)
    {
        var project = typeof(EmbeddedSidecar).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == "EmbeddedSidecarProject").Value!;
        _sidecar = dapr.Builder.AddExecutable("dapr", "dotnet", dapr.Folder, BuildOutput.Find(project), "--state-dir", dapr.Folder).ExcludeFromManifest();
        _sidecar.WithArgs(context =>
        {
            foreach (var path in dapr.ResourcesPaths)
            {
                context.Args.Add("--resources-path");
                context.Args.Add(path);
            }
        });
    }

    public void Add(DaprApp app)
    {
        var (http, grpc) = ($"{app.App.Name}-http", $"{app.App.Name}-grpc");
        _sidecar.WithDirectEndpoint(http, app.Sidecar.Options.DaprHttpPort).WithDirectEndpoint(grpc, app.Sidecar.Options.DaprGrpcPort);
        app.TellApp(_sidecar.GetEndpoint(http), _sidecar.GetEndpoint(grpc));
        _sidecar.WithArgs(context =>
        {
            context.Args.Add("--");
            app.AddFlags(context.Args, _sidecar.GetEndpoint(http), _sidecar.GetEndpoint(grpc));
        });
        if (!_probed)
            _sidecar.WithHttpHealthCheck("/v1.0/healthz/outbound", 204, http);
        _probed = true;
    }
}
