using Expert.Worker.Actors;
using Expert.Worker.Experts;
using Expert.Worker.Streams;
using Mesh.Contracts.Catalog;
using Mesh.Governance.Http.Hosting;
using Mesh.Governance.Members;
using Microsoft.Extensions.Options;

namespace Expert.Worker.Hosting;

/// <summary>What a worker is made of.</summary>
internal static partial class WorkerServices
{
    public static void AddExpertWorker(this WebApplicationBuilder builder)
    {
        var listener = new StreamListener();
        listener.Configure(builder);
        builder.AddMeshNode(NodeKind.Worker);
        builder.Services.AddOptions<WorkerOptions>().BindConfiguration(WorkerOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton(listener).AddSingleton<WorkerIdentity>().AddSingleton<StreamTickets>().AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(services => Roots(builder, services.GetRequiredService<ILoggerFactory>().CreateLogger<ModelRoots>()));
        builder.Services.AddSingleton<IExpertLoader, LlamaExpertLoader>();
        builder.Services.AddSingleton(services => new MemoryBudget(services.GetRequiredService<IOptions<WorkerOptions>>().Value.MemoryBudget));
        builder.Services.AddSingleton<ExpertHost>().AddHostedService(services => services.GetRequiredService<ExpertHost>());
        builder.Services.AddHostedService<Standby>();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(30));
        builder.Services.AddActors(options =>
        {
            options.Actors.RegisterActor<ExpertActor>();
            // Routers ask for their experts all the time; only an expert that nobody wants may go.
            options.ActorIdleTimeout = TimeSpan.FromHours(24);
            options.DrainOngoingCallTimeout = TimeSpan.FromSeconds(3);
            options.DrainRebalancedActors = true;
        });
    }

    public static void MapExpertWorker(this WebApplication app)
    {
        app.UseRouting();
        app.Use(app.Services.GetRequiredService<StreamListener>().GuardAsync);
        app.MapActorsHandlers();
        app.MapStreams();
        app.MapMeshNode();   // on the sidecar's door
    }

    private static ModelRoots Roots(WebApplicationBuilder builder, ILogger logger)
    {
        try
        {
            return ModelRoots.From(builder.Configuration, builder.Environment.ContentRootPath);
        }
        catch (CatalogException fault)
        {
            LogNoRoots(logger, fault.Message);
            return new([]);
        }
    }

    [LoggerMessage(LogLevel.Error, "No model roots, every expert will be refused: {Fault}")]
    private static partial void LogNoRoots(ILogger logger, string fault);
}
