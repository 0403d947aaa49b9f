using Mesh.Governance.Http.Hosting;
using Mesh.Workflows;
using Microsoft.Extensions.Options;
using SelfPrompt.Agent.Api;
using SelfPrompt.Agent.Client;
using SelfPrompt.Agent.Observing;
using SelfPrompt.Agent.Policy;
using SelfPrompt.Agent.Proposing;
using SelfPrompt.Agent.Reviewing;
using SelfPrompt.Agent.Runs;
using SelfPrompt.Agent.Runs.Steps;
using SelfPrompt.Agent.Tasks;

namespace SelfPrompt.Agent.Hosting;

/// <summary>What the service is made of.</summary>
internal static class AgentServices
{
    private const int MostBodyBytes = 64 << 10;

    public static void AddSelfPrompt(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MostBodyBytes;
        });
        services.AddOptions<SelfPromptOptions>().BindConfiguration(SelfPromptOptions.Section).ValidateDataAnnotations()
            .Validate(o => o.Endpoint.Length == 0 || Uri.TryCreate(o.Endpoint, UriKind.Absolute, out _), $"{SelfPromptOptions.Section}:Endpoint is no address; expected https://host/v1.")
            .Validate(o => o.Interval == TimeSpan.Zero || o.Interval >= TimeSpan.FromMinutes(1), $"{SelfPromptOptions.Section}:Interval is zero (by hand only), or a minute or more.")
            .ValidateOnStart();
        services.AddOptions<GovernanceOptions>().BindConfiguration(GovernanceOptions.Section);
        services.AddSingleton(TimeProvider.System);
        // A call has its own deadline, and is repeated by the step that made it.
#pragma warning disable EXTEXP0001
        services.AddHttpClient(MeshClient.Client).ConfigureHttpClient(Reach).RemoveAllResilienceHandlers();
        services.AddTransient<BackgroundHandler>();
        services.AddHttpClient(ModelKernels.Own).ConfigureHttpClient(client => client.Timeout = MeshClient.LongPatience).AddHttpMessageHandler<BackgroundHandler>().RemoveAllResilienceHandlers();
        services.AddHttpClient(ModelKernels.Other).ConfigureHttpClient(client => client.Timeout = MeshClient.LongPatience).RemoveAllResilienceHandlers();
#pragma warning restore EXTEXP0001
        services.AddProblemDetails().AddExceptionHandler<AgentRefusals>();
        services.ConfigureHttpJsonOptions(json => AgentJson.Shape(json.SerializerOptions));
        services.AddSingleton<AgentKeys>().AddSingleton<MeshClient>().AddSingleton<MeshStanding>().AddSingleton<IMeshStanding>(provider => provider.GetRequiredService<MeshStanding>());
        services.AddSingleton<Observer>().AddSingleton<IModelKernels, ModelKernels>().AddSingleton<Chooser>().AddSingleton<Submitting>();
        services.AddSelfTasks();
        services.AddSingleton<Progress>().AddSingleton<RunMeter>().AddSingleton<RunLog>().AddSingleton<StepServices>().AddSingleton<Runs.Runs>().AddSingleton<RunViews>();
        services.AddHostedService<Keeper>();
        services.AddMeshWorkflows(_ => { });   // the package's generator registers every workflow and activity of this assembly
    }

    public static void MapSelfPrompt(this WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.MapRuns();
    }

    private static void Reach(IServiceProvider provider, HttpClient client)
    {
        client.BaseAddress = new Uri(provider.GetRequiredService<IOptions<SelfPromptOptions>>().Value.Router.TrimEnd('/') + "/");
        client.Timeout = Timeout.InfiniteTimeSpan;
        client.MaxResponseContentBufferSize = MeshClient.MostBytes;
    }
}
