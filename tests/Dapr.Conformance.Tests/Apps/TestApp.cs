using System.Text;
using Dapr.Actors;
using Dapr.Conformance.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dapr.Conformance.Tests.Apps;

/// <summary>A real app in this process, made with the official packages: actors, subscriptions, and an echo of everything else.</summary>
public sealed class TestApp : IAsyncDisposable
{
    private static readonly TimeSpan NapTime = TimeSpan.FromSeconds(1);
    private readonly WebApplication _app;

    private TestApp(WebApplication app, AppSpec spec) => (_app, Spec) = (app, spec);

    public AppSpec Spec { get; }
    public Journal Journal => _app.Services.GetRequiredService<Journal>();

    /// <param name="journal">To go on with one of an earlier process.</param>
    public static async Task<TestApp> StartAsync(AppSpec spec, bool withActors = false, bool withTopics = false, string name = "", Journal? journal = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls($"http://127.0.0.1:{spec.Port}").ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        builder.Services.AddRoutingCore();
        if (Environment.GetEnvironmentVariable("MESH_TEST_LOG") is { Length: > 0 })
            builder.Logging.AddConsole();
        builder.Services.AddSingleton(journal ?? new Journal()).AddSingleton(new TestAppName(name));
        if (withActors)
            builder.Services.AddActors(options =>
            {
                options.HttpEndpoint = $"http://127.0.0.1:{spec.HttpPort}";
                options.Actors.RegisterActor<ProbeActor>();
                options.Actors.RegisterActor<NapActor>(new Dapr.Actors.Runtime.ActorRuntimeOptions { ActorIdleTimeout = NapTime });
                options.Actors.RegisterActor<LoopActor>(new Dapr.Actors.Runtime.ActorRuntimeOptions { ReentrancyConfig = new ActorReentrancyConfig { Enabled = true, MaxStackDepth = 4 } });
            });
        var app = builder.Build();
        if (withActors)
            app.MapActorsHandlers();
        if (withTopics)
        {
            app.UseWhen(context => context.Request.Path.StartsWithSegments("/typed"), typed => typed.UseCloudEvents());
            app.MapSubscribeHandler();
            Topics.Map(app);
        }
        app.MapFallback("{**path}", EchoAsync);
        await app.StartAsync();
        return new(app, spec);
    }

    /// <summary>Its port is closed when this returns.</summary>
    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private static async Task EchoAsync(HttpContext context, TestAppName name)
    {
        var path = context.Request.Path.Value!;
        if (path.StartsWith("/status/", StringComparison.Ordinal))
        {
            context.Response.StatusCode = int.Parse(path["/status/".Length..]);
            context.Response.Headers["X-From-App"] = "yes";
            await context.Response.WriteAsync("as the app said");
        }
        else if (path.StartsWith("/bytes/", StringComparison.Ordinal))
            await context.Response.Body.WriteAsync(new byte[int.Parse(path["/bytes/".Length..])]);
        else if (path is "/dapr/config" or "/dapr/subscribe" or "/healthz")
            context.Response.StatusCode = path == "/healthz" ? 200 : 404;
        else
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            await context.Response.WriteAsJsonAsync(new
            {
                name = name.Name,
                port = context.Connection.LocalPort,
                method = context.Request.Method,
                target = context.Features.Get<IHttpRequestFeature>()!.RawTarget,
                headers = context.Request.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString()),
                length = body.Length,
                body = Encoding.UTF8.GetString(body.ToArray().AsSpan(0, (int)Math.Min(body.Length, 1000))),
            });
        }
    }
}
