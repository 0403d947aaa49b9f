using Expert.Worker.Experts;
using Expert.Worker.Hosting;
using Expert.Worker.Streams;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Streams;
using Mesh.Governance.Http;
using Mesh.Testing.Governance;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Expert.Worker.Tests;

/// <summary>A worker in this process, on free ports, without a sidecar.</summary>
internal sealed class WorkerApp : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler { UseProxy = false });

    private WorkerApp(WebApplication app) => _app = app;

    public FakeNode Node => (FakeNode)_app.Services.GetRequiredService<IMeshNode>();

    public IServiceProvider Services => _app.Services;

    public ExpertHost Experts => _app.Services.GetRequiredService<ExpertHost>();

    public StreamTickets Tickets => _app.Services.GetRequiredService<StreamTickets>();

    public string StreamUrl(ExpertId expert) => _app.Services.GetRequiredService<WorkerIdentity>().StreamUrlOf(expert)!;

    /// <summary>Address of the sidecar's door.</summary>
    public string Url => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    public static async Task<WorkerApp> StartAsync(IExpertLoader? loader = null, params string[] settings)
    {
        var builder = WebApplication.CreateBuilder(["--urls=http://127.0.0.1:0", $"--Mesh:Models={Checkout.Models}", .. settings]);
        builder.Logging.ClearProviders();
        builder.AddExpertWorker();
        builder.Services.AddSingleton<IMeshNode>(new FakeNode());
        if (loader is not null)
            builder.Services.AddSingleton(loader);
        var app = builder.Build();
        app.MapExpertWorker();
        await app.StartAsync();
        return new(app);
    }

    public async Task<HostedExpert> LoadAsync(ExpertSpec spec)
    {
        var expert = Experts.Ensure(spec);
        await expert.Loading.WaitAsync(TimeSpan.FromSeconds(30));
        return expert;
    }

    public string Ticket(ExpertId expert) => Tickets.Issue(expert, "test").Ticket;

    /// <summary>Opens a stream whose request body is <paramref name="body"/>.</summary>
    public Task<HttpResponseMessage> OpenAsync(string url, string? ticket, HttpContent body, Version? version = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, url)
        {
            Version = version ?? System.Net.HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = body,
        };
        if (ticket is not null)
            request.Headers.Authorization = new(StreamContract.TicketScheme, ticket);
        return _client.SendAsync(request, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
    }

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }
}

/// <summary>The checkout these tests were built from.</summary>
internal static class Checkout
{
    public static string Models { get; } = Path.Combine(Find(), "models");

    public static ExpertSpec Spec(string model) => new() { Id = ExpertId.Parse(model), ModelPath = Path.Combine(Models, model + ".gguf"), Threads = 1 };

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Mesh.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("Mesh.sln is in no folder above the test assembly.");
    }
}
