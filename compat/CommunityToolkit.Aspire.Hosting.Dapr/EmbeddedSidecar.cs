using System.Reflection;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;

namespace CommunityToolkit.Aspire.Hosting.Dapr;

/// <summary>One process, the resource <c>dapr</c>, serves every app: a group of flags each.</summary>
internal static class EmbeddedSidecar
{
    public static void Add(IDistributedApplicationBuilder builder, IReadOnlyList<DaprApp> apps, string folder, IReadOnlyList<string> resources)
    {
        var project = typeof(EmbeddedSidecar).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == "EmbeddedSidecarProject").Value!;
        var sidecar = builder.AddExecutable("dapr", "dotnet", folder, BuildOutput.Find(project), "--state-dir", folder);
        sidecar.WithAnnotation(new EndlessAnnotation());
        foreach (var path in resources)
            sidecar.WithArgs("--resources-path", path);
        foreach (var app in apps)
        {
            var (http, grpc) = ($"{app.App.Name}-http", $"{app.App.Name}-grpc");
            sidecar.WithHttpEndpoint(app.Sidecar.Options.DaprHttpPort, name: http).WithHttpEndpoint(app.Sidecar.Options.DaprGrpcPort, name: grpc);
            app.TellApp(sidecar.GetEndpoint(http), sidecar.GetEndpoint(grpc));
            sidecar.WithArgs(context =>
            {
                context.Args.Add("--");
                app.AddFlags(context.Args, sidecar.GetEndpoint(http), sidecar.GetEndpoint(grpc));
            });
        }
        sidecar.WithAnnotation(new HttpProbeAnnotation("/v1.0/healthz/outbound", 204, $"{apps[0].App.Name}-http"));
    }
}
