using Mesh.Testing;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Mesh.Contracts.Experts;
using Mesh.Ensemble;
using Mesh.Ensemble.Experts;
using Mesh.Ensemble.TokenLoop;
using Mesh.Governance.Http;
using Mesh.Inference;
using Mesh.Testing.Governance;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Router.Api.Embeddings;
using Router.Api.Experts;
using Router.Api.Responses;
using Router.Api.Tests.Responses;
using ServiceDefaults;

namespace Router.Api.Tests;

/// <summary>The router's own pipeline on a free loopback port, over experts and a token loop of the test's.</summary>
internal sealed class RouterHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private readonly List<LlamaExpert> _real = [];

    /// <summary>The loaded experts of <see cref="StartRealAsync(string[], string[])"/>.</summary>
    public IReadOnlyList<LlamaExpert> Real => _real;

    private RouterHost(WebApplication app, HttpClient client, FakeExperts experts, ScriptedLoop loop) =>
        (_app, Client, Experts, Loop) = (app, client, experts, loop);

    public HttpClient Client { get; }
    public FakeExperts Experts { get; }
    public FakeNode Node => (FakeNode)Services.GetRequiredService<IMeshNode>();
    public ScriptedLoop Loop { get; }
    public Uri Address => Client.BaseAddress!;
    public ICollection<string> Urls => _app.Urls;

    /// <summary>Of gRPC, where the settings opened it.</summary>
    public Uri GrpcAddress => new(Urls.Single(url => new Uri(url) != Address));
    public MemoryResponses Responses => (MemoryResponses)Services.GetRequiredService<IResponseStore>();
    public IServiceProvider Services => _app.Services;

    public static Task<RouterHost> StartAsync(FakeExperts? experts = null, ScriptedLoop? loop = null, params string[] settings) =>
        StartAsync(experts ?? new("alpha", "beta", "gamma"), loop ??= new(), loop, null, settings);

    /// <summary>With routes of the test's beside the router's.</summary>
    public static Task<RouterHost> StartAsync(FakeExperts? experts, ScriptedLoop? loop, Action<WebApplication> map, params string[] settings) =>
        StartAsync(experts ?? new("alpha", "beta", "gamma"), loop ??= new(), loop, null, settings, map);

    /// <summary>Over the real token loop and toys: alpha, beta, gamma, delta.</summary>
    public static Task<RouterHost> StartToysAsync(Action<WebApplicationBuilder>? configure = null, params string[] settings)
    {
        var experts = new FakeExperts();
        foreach (var (index, name) in new[] { "alpha", "beta", "gamma", "delta" }.Index())
            experts.PutToy(name, index + 1);
        return StartAsync(experts, new EnsembleTokenLoop(experts, new(), TimeProvider.System, NullLogger<EnsembleTokenLoop>.Instance), new(), configure, settings);
    }

    /// <summary>Over a token loop of the test's.</summary>
    public static Task<RouterHost> StartAsync(ITokenLoop loop, Action<WebApplicationBuilder>? configure = null, params string[] settings) =>
        StartAsync(new FakeExperts("alpha", "beta", "gamma"), loop, new(), configure, settings);

    private static async Task<RouterHost> StartAsync(FakeExperts experts, ITokenLoop loop, ScriptedLoop scripted, Action<WebApplicationBuilder>? configure, string[] settings, Action<WebApplication>? map = null)
    {
        var app = Build(experts, loop, ["--urls=http://127.0.0.1:0", .. settings], configure);
        map?.Invoke(app);
        await app.StartAsync();
        return new(app, new() { BaseAddress = new(app.Urls.First()), Timeout = TimeSpan.FromMinutes(3) }, experts, scripted);
    }

    /// <summary>Over embedded models, loaded into this process, and the real token loop.</summary>
    public static Task<RouterHost> StartRealAsync(string[] models, params string[] settings) => StartRealAsync(models, new(), new(), settings);

    public static Task<RouterHost> StartRealAsync(string[] models, InferenceOptions inference, EnsembleOptions ensemble, params string[] settings) =>
        StartRealAsync(models, inference, ensemble, loop => loop, settings);

    /// <param name="around">What the router asks instead of the token loop itself.</param>
    public static async Task<RouterHost> StartRealAsync(string[] models, InferenceOptions inference, EnsembleOptions ensemble, Func<ITokenLoop, ITokenLoop> around, params string[] settings)
    {
        var experts = new FakeExperts();
        var loaded = new List<LlamaExpert>();
        foreach (var model in models)
        {
            loaded.Add(await LlamaExpert.LoadAsync(new() { Id = ExpertId.Parse(model), ModelPath = Checkout.Model(model), Threads = 1 }, inference, NullLogger.Instance));
            experts.Put(loaded[^1]);
        }
        var loop = new EnsembleTokenLoop(experts, ensemble, TimeProvider.System, NullLogger<EnsembleTokenLoop>.Instance);
        var app = Build(experts, around(loop), ["--urls=http://127.0.0.1:0", .. settings], builder => builder.Services.AddSingleton(Options.Create(ensemble)));
        await app.StartAsync();
        var host = new RouterHost(app, new() { BaseAddress = new(app.Urls.First()), Timeout = TimeSpan.FromMinutes(3) }, experts, new());
        host._real.AddRange(loaded);
        return host;
    }

    public static WebApplication Build(FakeExperts experts, ITokenLoop loop, string[] arguments, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(arguments);
        builder.Logging.ClearProviders();
        builder.AddServiceDefaults();
        builder.Services.AddSingleton<IExpertDirectory>(experts);
        builder.Services.AddSingleton<IExpertPool>(experts);
        builder.Services.AddSingleton(loop);
        builder.Services.AddSingleton<IEmbedder>(experts);
        builder.Services.AddSingleton<IResponseStore, MemoryResponses>();
        builder.AddRouterApi();
        builder.Services.AddSingleton<IMeshNode>(new FakeNode());
        configure?.Invoke(builder);
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.MapRouterApi();
        app.MapDefaultEndpoints();
        return app;
    }

    public Task<HttpResponseMessage> PostAsync(string path, string json) =>
        Client.PostAsync(path, new StringContent(json, Encoding.UTF8, "application/json"));

    public async Task<JsonElement> AskAsync(string path, object body)
    {
        using var response = await Client.PostAsJsonAsync(path, body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>Every event of a stream as it came, the blank line between them checked; the last is "[DONE]" when it ended well.</summary>
    public async Task<List<string>> StreamAsync(string path, object body)
    {
        using var response = await Client.PostAsJsonAsync(path, body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        Assert.EndsWith("\n\n", text);
        return [.. text[..^2].Split("\n\n").Select(e =>
        {
            Assert.StartsWith("data: ", e);
            Assert.DoesNotContain('\n', e);
            return e["data: ".Length..];
        })];
    }

    /// <summary>The error object of a refused request, its status checked.</summary>
    public static async Task<JsonElement> ErrorAsync(HttpResponseMessage response, int status)
    {
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync();
            Assert.True(status == (int)response.StatusCode, $"{(int)response.StatusCode}: {text}");
            Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
            var error = JsonDocument.Parse(text).RootElement.GetProperty("error");
            Assert.Equal(["message", "type", "param", "code"], error.EnumerateObject().Select(p => p.Name));
            Assert.NotEmpty(error.GetProperty("message").GetString()!);
            return error;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
        foreach (var expert in _real)
            await expert.DisposeAsync();
    }
}
