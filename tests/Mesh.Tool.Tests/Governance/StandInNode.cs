using System.Text.Json;
using Mesh.Chorus.Leases;
using Mesh.Governance;
using Mesh.Governance.Http.Nodes;
using Mesh.Governance.Members;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Mesh.Tool.Tests.Governance;

/// <summary>A process that says which node it is, as one does before there is a genesis.</summary>
internal sealed class StandInNode : IAsyncDisposable
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Converters = { new SnakeCaseEnum<NodeKind>(), new SnakeCaseEnum<LeaseState>() },
    };

    private readonly WebApplication _app;

    private StandInNode(WebApplication app) => (_app, Url) = (app, app.Urls.Single());

    public string Url { get; }

    public static async Task<StandInNode> StartAsync(Func<NodeStatus> status)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapGet("/chorus/node", () => Results.Json(status(), Json));
        await app.StartAsync();
        return new(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
