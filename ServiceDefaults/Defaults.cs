using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ServiceDefaults;

/// <summary>What every service of the mesh has: telemetry, logs, health, service discovery and resilience. One call each at build and at map time.</summary>
public static class Defaults
{
    /// <summary>
    /// Adds them. Clients of <see cref="IHttpClientFactory"/> find services by name and retry within 30 s. That is wrong for calls that are streams or
    /// turns of an actor: those own their <see cref="System.Net.Http.SocketsHttpHandler"/> and their deadlines.
    /// </summary>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        builder.AddTelemetry();
        builder.AddHealth();
        builder.Services.AddServiceDiscovery();
        builder.Services.ConfigureHttpClientDefaults(http =>
        {
            http.AddStandardResilienceHandler();
            http.AddServiceDiscovery();
        });
        return builder;
    }

    /// <summary>Maps <c>/health</c> (every check), <c>/alive</c> (the process answers) and <c>/metrics</c> (for Prometheus).</summary>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        app.MapHealth();
        app.MapPrometheusScrapingEndpoint(Telemetry.MetricsPath);
        return app;
    }
}
