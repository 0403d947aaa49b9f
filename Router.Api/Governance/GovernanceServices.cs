using Mesh.Governance.Http;
using Mesh.Governance.Http.Hosting;
using Mesh.Governance.Members;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Router.Api.Governance.Canary;
using Router.Api.Governance.Experts;
using Router.Api.Governance.Forwarding;
using Router.Api.Governance.Routing;

namespace Router.Api.Governance;

/// <summary>The router as a node of the governed mesh: it runs the configuration that people decided, and says how that goes.</summary>
internal static class GovernanceServices
{
    public static void AddGovernance(this WebApplicationBuilder builder)
    {
        builder.AddMeshNode(NodeKind.Router);
        var services = builder.Services;
        services.AddSingleton<RoutingSource>();
        services.AddSingleton<IAppliedVersion>(provider => provider.GetRequiredService<RoutingSource>());
        services.AddSingleton<MeshSessions>();
        services.AddSingleton<ExpertStandings>();
        services.AddSingleton<CanaryMeter>();
        services.AddSingleton<ICanaryReport>(provider => provider.GetRequiredService<CanaryMeter>());
        services.AddSingleton<GateArtifacts>();
        services.AddSingleton<RequestedGates>();
        services.AddHostedService<ConfigurationFollower>();
        services.AddHttpForwarder();
        services.TryAddSingleton(MeshApps.ByDapr());
        services.AddSingleton<AppForwarder>();
        services.AddSingleton<NodeCalls>();
        services.AddSingleton<MeshHalt>();
        services.AddHostedService<HaltRelay>();
        services.TryAddSingleton<IArtifactSource, GovernanceArtifacts>();
    }

    public static void MapGovernance(this WebApplication app)
    {
        app.MapMeshNode();
        app.MapForwarding();
    }
}
