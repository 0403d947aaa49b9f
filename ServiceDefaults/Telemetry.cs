using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace ServiceDefaults;

/// <summary>Traces, metrics and logs. They leave the process when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names a collector; metrics also for who reads <see cref="MetricsPath"/>.</summary>
internal static class Telemetry
{
    /// <summary>Meters and activity sources of the mesh's own parts are named <c>Mesh.Something</c>.</summary>
    private const string Own = "Mesh.*";

    /// <summary>Where Prometheus reads the metrics.</summary>
    public const string MetricsPath = "/metrics";

    /// <summary>Levels that any other configuration overrides: a line for every request would drown what people look for.</summary>
    private static readonly Dictionary<string, string?> Levels = new()
    {
        ["Logging:LogLevel:Default"] = "Information",
        ["Logging:LogLevel:Microsoft.AspNetCore"] = "Warning",
        ["Logging:LogLevel:Microsoft.AspNetCore.Server.Kestrel"] = "Error",
        ["Logging:LogLevel:System.Net.Http.HttpClient"] = "Warning",
        ["Logging:LogLevel:Polly"] = "Warning",
        ["Logging:LogLevel:Yarp"] = "Warning",
        // Who asks for the health gets the answer; at a start nobody is ready.
        ["Logging:LogLevel:Microsoft.Extensions.Diagnostics.HealthChecks"] = "Critical",
    };

    private static readonly string[] Polled = [Health.ReadyPath, Health.AlivePath, "/healthz", "/dapr", MetricsPath], Refreshed = ["/console", "/mesh"];

    public static void AddTelemetry(this IHostApplicationBuilder builder)
    {
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = Levels });
        // Under AppHost nobody presses Ctrl+C here, and the addresses are in its table.
        if (builder.Configuration["Mesh:Instance"] is not null)
            builder.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Logging.AddConsole(options => options.FormatterName = LogLines.FormatterName).AddConsoleFormatter<LogLines, ConsoleFormatterOptions>();

        var export = !string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]);
        if (export)
            builder.Logging.AddOpenTelemetry(logging =>
            {
                logging.IncludeFormattedMessage = true;
                logging.IncludeScopes = true;
            });

        var telemetry = builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddAspNetCoreInstrumentation().AddHttpClientInstrumentation().AddRuntimeInstrumentation().AddMeter(Own).AddPrometheusExporter());
        if (!export)
            return;
        // Spans cost something on every request, so there are none when nobody collects them.
        telemetry.WithTracing(tracing => tracing.SetSampler(new ParentBasedSampler(new BackgroundCalls()))
            .AddAspNetCoreInstrumentation(options => options.Filter = context => !IsPolling(context.Request))
            .AddHttpClientInstrumentation().AddSource(builder.Environment.ApplicationName).AddSource(Own));
        telemetry.UseOtlpExporter();
    }

    /// <summary>Probes, sidecars that ask how the app is, collectors, and pages that refresh themselves.</summary>
    internal static bool IsPolling(HttpRequest request) =>
        Polled.Any(path => request.Path.StartsWithSegments(path)) || HttpMethods.IsGet(request.Method) && Refreshed.Any(path => request.Path.StartsWithSegments(path));
}
