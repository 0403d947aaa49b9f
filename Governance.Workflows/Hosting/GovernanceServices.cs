using System.Text.Json;
using Governance.Workflows.Approval;
using Governance.Workflows.Artifacts;
using Governance.Workflows.Deployment;
using Governance.Workflows.DryRuns;
using Governance.Workflows.Errors;
using Governance.Workflows.Evaluation;
using Governance.Workflows.Genesis;
using Governance.Workflows.Halting;
using Governance.Workflows.Ledger;
using Governance.Workflows.Nodes;
using Governance.Workflows.Overseeing;
using Governance.Workflows.Proposals;
using Governance.Workflows.SelfImprovement;
using Governance.Workflows.Status;
using Mesh.Chorus.Leases;
using Mesh.Governance;
using Mesh.Governance.Acts;
using Mesh.Governance.Canaries;
using Mesh.Governance.Http.Hosting;
using Mesh.Governance.Members;
using Mesh.Governance.Operations;
using Mesh.Governance.State;
using Mesh.Governance.Tiers;
using Mesh.Ledger.Artifacts;
using Mesh.Ledger.Log;
using Mesh.Workflows;

namespace Governance.Workflows.Hosting;

/// <summary>What the service is made of.</summary>
internal static class GovernanceServices
{
    private const int MostBodyBytes = (1 << 20) + 1;   // an artifact

    public static void AddGovernance(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MostBodyBytes;
        });
        services.AddOptions<ServiceOptions>().BindConfiguration(ServiceOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.AddMeshNode(NodeKind.Governance);
        services.AddSingleton(TimeProvider.System);
        services.AddDaprClient();
        // A call of a node has its own deadline and is repeated by what asked for it.
#pragma warning disable EXTEXP0001
        services.AddHttpClient(MeshNodes.Client).RemoveAllResilienceHandlers();
        services.AddHttpClient(MeshNodes.Routers).ConfigureHttpClient((provider, client) => client.DefaultRequestHeaders.Authorization = provider.GetRequiredService<RouterKey>().Header)
            .RemoveAllResilienceHandlers();
#pragma warning restore EXTEXP0001
        services.AddProblemDetails().AddExceptionHandler<Refusals>();
        services.AddOpenApi("v1");
        services.ConfigureHttpJsonOptions(json => Shape(json.SerializerOptions));
        services.AddSingleton<ILedgerStore, DaprLedgerStore>().AddSingleton<ArtifactStore>().AddSingleton<GovernanceLedger>().AddSingleton<ConfigurationWriter>();
        services.AddSingleton<RouterKey>().AddSingleton<MeshNodes>().AddSingleton<DevelopmentGenesis>().AddSingleton<GovernanceMeter>().AddSingleton<Announcements>().AddSingleton<WorkflowStarter>();
        services.AddSingleton<Trials>().AddSingleton<Probing>().AddSingleton<RoutingEvaluation>().AddSingleton<Revisions>().AddSingleton<ProposalViews>().AddSingleton<Decider>().AddSingleton<ProposalOffice>().AddSingleton<HaltOffice>().AddSingleton<SelfRecorder>();
        services.AddHostedService<Beginning>();
        services.AddSingleton<Cosigning>().AddHostedService(provider => provider.GetRequiredService<Cosigning>());
        services.AddHostedService<Overseer>();
        services.AddHealthChecks().AddCheck<LedgerHealth>("ledger");
        var store = builder.Configuration[$"{ServiceOptions.Section}:StateStore"] ?? new ServiceOptions().StateStore;
        services.AddMeshWorkflows(_ => { }, workflows => workflows.StateStore = store);   // the package's generator registers every workflow and activity of this assembly
    }

    public static void MapGovernance(this WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.MapMeshNode();
        app.MapGovernanceStatus();
        app.MapProposals();
        app.MapDryRun();
        app.MapHalts();
        app.MapSelf();
        app.MapArtifacts();
        app.MapLedger();
        app.MapOpenApi("/governance/openapi/{documentName}.json");
    }

    /// <summary>As <see cref="GovernanceJson"/> writes: what people sign and what they see have the same names.</summary>
    private static void Shape(JsonSerializerOptions json)
    {
        json.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        json.DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull;
        json.AllowOutOfOrderMetadataProperties = true;
        json.Converters.Add(new SnakeCaseEnum<LeaseState>());
        json.Converters.Add(new SnakeCaseEnum<Role>());
        json.Converters.Add(new SnakeCaseEnum<NodeKind>());
        json.Converters.Add(new SnakeCaseEnum<Tier>());
        json.Converters.Add(new SnakeCaseEnum<Domain>());
        json.Converters.Add(new SnakeCaseEnum<VoteChoice>());
        json.Converters.Add(new SnakeCaseEnum<ProposalStatus>());
        json.Converters.Add(new SnakeCaseEnum<Stage>());
        json.Converters.Add(new SnakeCaseEnum<Verdict>());
    }
}
