using Mesh.Chorus.Clocks;
using Mesh.Governance.Http.Chorus;
using Mesh.Governance.Http.Genesis;
using Mesh.Governance.Http.Nodes;
using Mesh.Governance.Http.Topics;
using Mesh.Governance.Members;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Mesh.Governance.Http.Hosting;

/// <summary>Makes a process a node of the governed mesh.</summary>
public static class MeshNodeHosting
{
    /// <summary>Adds <see cref="IMeshNode"/>, and where <c>Mesh:Governance:Enabled</c> is set the node's <see cref="LamportClock"/>; where it is not, everything is permitted.</summary>
    public static void AddMeshNode(this IHostApplicationBuilder builder, NodeKind kind)
    {
        var (services, configuration) = (builder.Services, builder.Configuration);
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptions<GovernanceOptions>().BindConfiguration(GovernanceOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<GovernanceOptions>, ValidateGovernanceOptions>();
        var name = configuration["Mesh:Instance"] is { Length: > 0 } instance ? instance : kind.ToString().ToLowerInvariant();
        if (!configuration.GetValue<bool>($"{GovernanceOptions.Section}:{nameof(GovernanceOptions.Enabled)}"))
        {
            services.AddSingleton<IMeshNode>(new UngovernedNode(name));
            return;
        }
        services.AddSingleton(_ => new NodeFiles(Path.Combine(GovernanceOptions.DataFolder(configuration), "nodes", name), name));
        services.AddSingleton(provider => new GovernedNode(kind, provider.GetRequiredService<NodeFiles>(), provider.GetRequiredService<IOptions<GovernanceOptions>>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<GovernedNode>>()));
        services.AddSingleton<IMeshNode>(provider => provider.GetRequiredService<GovernedNode>());
        services.AddSingleton(provider => provider.GetRequiredService<NodeFiles>().Lamport);
        services.AddSingleton<NodeMeter>();
        services.AddHostedService<GenesisWatch>();
    }

    /// <summary>Maps <c>/chorus/...</c>, which authenticates itself and needs no API key, and the topic of halts. Call it after the service's own endpoints or before, as you like.</summary>
    public static void MapMeshNode(this IEndpointRouteBuilder app)
    {
        if (app.ServiceProvider.GetService<GovernedNode>() is null)
            return;
        _ = app.ServiceProvider.GetRequiredService<NodeMeter>();   // it counts from now on
        app.MapChorus();
        app.MapHaltTopic();
    }
}
