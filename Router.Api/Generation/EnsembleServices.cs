using Mesh.Ensemble;
using Mesh.Ensemble.Experts;
using Mesh.Ensemble.Gating;
using Mesh.Ensemble.TokenLoop;
using Microsoft.Extensions.Options;

namespace Router.Api.Generation;

/// <summary>The token loop over the registry's experts, as one line of <c>Program.cs</c>.</summary>
internal static class EnsembleServices
{
    private const string Section = "Mesh:Ensemble";

    public static void AddEnsemble(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ITokenLoop>(provider => new EnsembleTokenLoop(
            provider.GetRequiredService<IExpertPool>(), provider.GetRequiredService<IOptions<EnsembleOptions>>().Value, provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<EnsembleTokenLoop>>(), provider.GetServices<IGatePrior>(), provider.GetRequiredService<GateSource>().Model));
    }

    /// <summary>Also for hosts that bring a token loop of their own: requests change single settings of these.</summary>
    public static void AddEnsembleOptions(this IServiceCollection services)
    {
        services.AddOptions<EnsembleOptions>().BindConfiguration(Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<EnsembleOptions>, ValidateEnsembleOptions>();
        services.AddSingleton<GateSource>();
    }

    private sealed class ValidateEnsembleOptions : IValidateOptions<EnsembleOptions>
    {
        public ValidateOptionsResult Validate(string? name, EnsembleOptions options) =>
            options.Faults() is { Count: > 0 } faults ? ValidateOptionsResult.Fail(faults.Select(f => $"{Section}: {f}")) : ValidateOptionsResult.Success;
    }
}
