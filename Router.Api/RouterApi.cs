using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Router.Api.Chat;
using Router.Api.Completions;
using Router.Api.Console;
using Router.Api.Embeddings;
using Router.Api.Errors;
using Router.Api.Feedback;
using Router.Api.Generation;
using Router.Api.Governance;
using Router.Api.Grpc;
using Router.Api.Hosting;
using Router.Api.MeshApi;
using Router.Api.Messages;
using Router.Api.Models;
using Router.Api.Observations;
using Router.Api.OpenApi;
using Router.Api.Responses;
using Router.Api.Security;
using Router.Api.Text;
using Router.Api.Tokens;

namespace Router.Api;

/// <summary>The router's own parts: everything but the experts and the token loop.</summary>
public static class RouterApi
{
    public static void AddRouterApi(this WebApplicationBuilder builder)
    {
        builder.AddListening();
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptions<RouterOptions>().BindConfiguration(RouterOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<RouterOptions>, ValidateRouterOptions>();
        services.AddEnsembleOptions();
        builder.AddGovernance();
        services.AddSingleton<ApiKeys>().AddSingleton<WrongKeys>();
        services.AddOrigins();
        services.AddRateLimits();
        services.AddRequestDecompression();
        services.AddMeshDocument();
        services.AddSingleton<Shutdown>();
        services.AddOptions<HostOptions>().Configure<IOptions<RouterOptions>>((host, router) => host.ShutdownTimeout = router.Value.ShutdownGrace + TimeSpan.FromSeconds(3));
        services.AddSingleton<BackgroundPace>();
        services.AddSingleton<GenerationQueue>();
        services.AddSingleton<FeedbackStore>();
        services.AddSingleton<ObservationWindow>();
        services.AddSingleton<RouterMeter>();
        services.AddSingleton<AnswerBuffers>();
        services.AddSingleton<RouterClock>();
        services.AddSingleton<TokenizerSource>();
        services.AddSingleton<SettingsReader>();
        services.AddSingleton<CompletionFactory>();
        services.AddSingleton<PromptScorer>();
        services.AddSingleton<CompletionRunner>();
        services.TryAddSingleton<IResponseStore, DaprResponseStore>();
        services.AddSingleton<ResponseHistory>();
        services.AddGrpc(grpc => grpc.IgnoreUnknownServices = true);
        services.AddSingleton<ModelNames>();
        services.AddSingleton<SelfTasks>();
    }

    public static void MapRouterApi(this WebApplication app)
    {
        // They start counting now.
        _ = (app.Services.GetRequiredService<RouterClock>(), app.Services.GetRequiredService<Shutdown>(), app.Services.GetRequiredService<RouterMeter>());
        _ = app.Services.GetRequiredService<GateSource>();    // a file that cannot be used ends the start, not the first request
        app.UseRequestIds();
        app.UseLeaseHeader();
        app.UseMiddleware<RequestWatch>();
        app.UseMiddleware<ErrorHandling>();
        app.Use(HeadIsGet);
        app.UseRouting();
        app.UseRequestDecompression();
        app.UseCors();   // answers preflights, which carry no key
        app.UseMiddleware<Authentication>();
        app.UseRateLimiter();
        app.MapMeshDocument();
        app.MapChat();
        app.MapCompletions();
        app.MapResponses();
        app.MapMessages();
        app.MapModels();
        app.MapEmbeddings();
        app.MapRerank();
        app.MapTokens();
        app.MapStatus();
        app.MapExperts();
        app.MapSelect();
        app.MapAggregate();
        app.MapFeedback();
        app.MapObservations();
        app.MapGovernance();
        app.MapConsole();
        app.MapGrpc();
    }

    /// <summary>HEAD answers what GET does; the server leaves the body out.</summary>
    private static Task HeadIsGet(HttpContext context, RequestDelegate next)
    {
        if (HttpMethods.IsHead(context.Request.Method))
            context.Request.Method = HttpMethods.Get;
        return next(context);
    }
}
