using Mesh.Ensemble.Experts;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Router.Api.Embeddings;

namespace Router.Api.Experts;

/// <summary>The experts, as one line of <c>Program.cs</c>: <see cref="IExpertDirectory"/> and <see cref="IExpertPool"/>, both of one registry.</summary>
internal static class ExpertServices
{
    public static void AddExperts(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<RegistryOptions>().BindConfiguration(RegistryOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddDaprClient();
        services.AddSingleton<ExpertMetrics>();
        services.TryAddSingleton<ISpecStore, DaprSpecStore>();
        services.TryAddSingleton<IExpertActors, DaprExpertActors>();
        services.TryAddSingleton<IEmbedder, ActorEmbedder>();
        services.TryAddSingleton<IExpertTransport>(provider => ActivatorUtilities.CreateInstance<WaitingTransport>(provider, provider.GetRequiredService<IOptions<RegistryOptions>>().Value.Transport switch
        {
            TransportKind.Actor => (IExpertTransport)ActivatorUtilities.CreateInstance<ActorTransport>(provider),
            _ => ActivatorUtilities.CreateInstance<DirectTransport>(provider),
        }));
        services.AddSingleton<ExpertRegistry>();
        services.AddSingleton<IExpertDirectory>(provider => provider.GetRequiredService<ExpertRegistry>());
        services.AddSingleton<IExpertPool>(provider => provider.GetRequiredService<ExpertRegistry>());
        services.AddHostedService(provider => provider.GetRequiredService<ExpertRegistry>());
    }
}
