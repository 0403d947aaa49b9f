using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Chorus.Clocks;
using Mesh.Chorus.Witnesses;
using Mesh.Governance.Canaries;
using Mesh.Governance.Configurations;
using Mesh.Governance.Http;
using Mesh.Governance.Http.Hosting;
using Mesh.Governance.Members;
using Mesh.Ledger.Checkpoints;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Governance.Workflows.Tests.Faults;

/// <summary>
/// A node of the mesh, real as a witness and in what it runs, that answers as a router does: sessions of a canary are counted, and a candidate with
/// <see cref="Bad"/> as its <c>k</c> fails them all.
/// </summary>
internal sealed class TestRouter : ICanaryReport, IAsyncDisposable
{
    public const int Bad = 13;
    public const string ApiKey = "sk-mesh-a-test";
    private static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
    private readonly Lock _gate = new();
    private readonly WebApplication _app;
    private CanaryReport? _canary;
    private string _run = "first";

    private TestRouter(string data, string name, NodeKind kind, int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.Configuration.AddInMemoryCollection([new("Mesh:Data", data), new("Mesh:Instance", name), new("Mesh:Governance:Enabled", "true")]);
        builder.Services.AddSingleton<ICanaryReport>(this);
        builder.AddMeshNode(kind);
        _app = builder.Build();
        _app.Use(ListenAsync);
        _app.Use(AuthenticateAsync);
        _app.MapMeshNode();
        _app.MapGet("/mesh/status", () => TypedResults.Json(new { experts_ready = 6 }));
        _app.MapPost("/v1/chat/completions", () => Answer());
        _app.MapPost("/v1/completions", () => TypedResults.Json(new { choices = new[] { new { logprobs = new { token_logprobs = new double?[] { null, -1.5, -0.25 } } } } }));
    }

    /// <summary>Sessions end and are not counted: no canary is decided.</summary>
    public bool IsBlind { get; set; }

    /// <summary>It is asked to cosign so many entries: they are in the store, and no majority has seen them.</summary>
    public event Action<long>? Written;

    /// <summary>It hears of a committed head of so many entries.</summary>
    public event Action<long>? Committed;

    public LamportClock Lamport => _app.Services.GetRequiredService<LamportClock>();

    public IMeshNode Node => _app.Services.GetRequiredService<IMeshNode>();

    public static async Task<TestRouter> StartAsync(string data, string name, NodeKind kind, int port)
    {
        var router = new TestRouter(data, name, kind, port);
        await router._app.StartAsync();
        return router;
    }

    /// <summary>As a process that was started anew: what was counted is forgotten.</summary>
    public void Begin(string run)
    {
        lock (_gate)
            (_run, _canary) = (run, null);
    }

    public JsonNode? Report()
    {
        lock (_gate)
            return Of(Node.Configuration?.Canary) is { } canary ? JsonSerializer.SerializeToNode(canary, SnakeCase) : null;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationTokenSource(TimeSpan.FromSeconds(10)).Token);
        await _app.DisposeAsync();
    }

    /// <summary>A session of the canary ends; every second one is the candidate's.</summary>
    public void Count()
    {
        lock (_gate)
        {
            var settings = Node.Configuration?.Canary;
            if (Of(settings) is not { } canary)
                return;
            var isBad = settings!.Routing.Ensemble.K == Bad;
            _canary = canary.Control.Sessions > canary.Candidate.Sessions ? canary with { Candidate = With(canary.Candidate, isBad) } : canary with { Control = With(canary.Control, failed: false) };
        }
    }

    private IResult Answer()
    {
        if (!IsBlind)
            Count();
        return TypedResults.Ok();
    }

    /// <summary>One session more, which failed or gave an answer.</summary>
    private static ArmReport With(ArmReport arm, bool failed) => failed
        ? arm with { Sessions = arm.Sessions + 1, Errors = arm.Errors + 1 }
        : arm with { Sessions = arm.Sessions + 1, Own = arm.Own.With(-1) };

    private CanaryReport? Of(CanarySettings? tried) =>
        _canary = tried is null ? null : _canary?.Proposal == tried.Proposal ? _canary : new(tried.Proposal, ArmReport.Empty, ArmReport.Empty, _run);

    /// <summary>As a router with API keys: other nodes need none, who sign what they send.</summary>
    private static async Task AuthenticateAsync(HttpContext context, RequestDelegate next)
    {
        var (isOpen, hasKey) = (context.Request.Path.StartsWithSegments("/chorus"), context.Request.Headers.Authorization.ToString() == $"Bearer {ApiKey}");
        if (isOpen == hasKey)   // nor is the key shown where it is not asked for
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        else
            await next(context);
    }

    private async Task ListenAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path == "/chorus/add-checkpoint")
            Written?.Invoke(AddCheckpoint.Parse(await ReadAsync(context.Request)).Checkpoint.Checkpoint.Size);
        else if (context.Request.Path == "/chorus/head" && JsonNode.Parse(await ReadAsync(context.Request))?["head"]?.GetValue<string>() is { } head)
            Committed?.Invoke(SignedCheckpoint.Parse(head).Checkpoint.Size);
        await next(context);
    }

    private static async Task<string> ReadAsync(HttpRequest request)
    {
        request.EnableBuffering();
        using var reader = new StreamReader(request.Body, leaveOpen: true);
        var body = await reader.ReadToEndAsync();
        request.Body.Position = 0;
        return body;
    }
}
