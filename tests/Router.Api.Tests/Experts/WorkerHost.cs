using Mesh.Testing;
using Expert.Worker.Actors;
using Expert.Worker.Experts;
using Expert.Worker.Hosting;
using Expert.Worker.Streams;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Router.Api.Experts;

namespace Router.Api.Tests.Experts;

/// <summary>
/// A worker in this process, its stream on a free port, and in place of the sidecar this object: it calls what the expert's actor calls.
/// </summary>
internal sealed class WorkerHost : IExpertActors, IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Dictionary<ExpertId, StepBatch> _batches = [];
    private readonly SemaphoreSlim _turn = new(1);
    private readonly EmbeddingTurns _embeddings = new(TimeSpan.FromMilliseconds(1), TimeProvider.System);

    private WorkerHost(WebApplication app) => _app = app;

    public ExpertHost Experts => _app.Services.GetRequiredService<ExpertHost>();

    public StreamTickets Tickets => _app.Services.GetRequiredService<StreamTickets>();

    /// <summary>Port of the sidecar's door.</summary>
    public int Port => new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    private WorkerIdentity Identity => _app.Services.GetRequiredService<WorkerIdentity>();

    /// <summary>When set, calls fail with this reason as those to a lost sidecar do.</summary>
    public string? Lost { get; set; }

    /// <summary>Longest turn of Step.</summary>
    public TimeSpan Turn { get; set; } = TimeSpan.FromMilliseconds(250);

    public static async Task<WorkerHost> StartAsync(IExpertLoader? loader = null, params string[] settings)
    {
        var builder = WebApplication.CreateBuilder(["--urls=http://127.0.0.1:0", $"--Mesh:Models={Path.Combine(Checkout.Root, "models")}", .. settings]);
        builder.Logging.ClearProviders();
        builder.AddExpertWorker();
        if (loader is not null)
            builder.Services.AddSingleton(loader);
        var app = builder.Build();
        app.MapExpertWorker();
        await app.StartAsync();
        return new(app);
    }

    public static ExpertSpec Spec(string model) => new() { Id = ExpertId.Parse(model), ModelPath = Checkout.Model(model), Threads = 1 };

    /// <summary>Has the expert loaded and ready.</summary>
    public async Task<ExpertStatus> LoadAsync(ExpertSpec spec)
    {
        await Experts.Ensure(spec).Loading.WaitAsync(TimeSpan.FromSeconds(30));
        return await DescribeAsync(spec.Id, CancellationToken.None);
    }

    public Task<ExpertStatus> ConfigureAsync(ExpertSpec spec, CancellationToken cancellationToken) =>
        TurnAsync(spec.Id, () => Describe(Experts.Ensure(spec, again: true)));

    public Task<ExpertStatus> DescribeAsync(ExpertId expert, CancellationToken cancellationToken) => TurnAsync(expert, () => Experts.Find(expert) is { } hosted
        ? Describe(hosted)
        : new ExpertStatus { Id = expert, State = ExpertState.Unknown });

    public Task<StreamAdmission> AdmitAsync(ExpertId expert, CancellationToken cancellationToken) => TurnAsync(expert, () =>
    {
        var (ticket, expires) = Tickets.Issue(expert, "test");
        return new StreamAdmission(Identity.StreamUrlOf(expert)!, ticket, expires);
    });

    public async Task<byte[]> StepAsync(ExpertId expert, byte[] batch, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            Fail(expert);
            if (!_batches.TryGetValue(expert, out var steps))
                _batches[expert] = steps = new StepBatch(Turn, TimeSpan.FromMilliseconds(5), TimeProvider.System);
            var hosted = Experts.Find(expert) ?? throw new ExpertUnreachableException(expert, "It has no specification: configure it first.");
            return await steps.RunAsync(hosted, batch);
        }
        finally
        {
            _turn.Release();
        }
    }

    public Task ReleaseAsync(ExpertId expert, byte[] sessions, CancellationToken cancellationToken) => TurnAsync(expert, () =>
    {
        for (var i = 0; i < sessions.Length; i += 8)
            Experts.Find(expert)!.Release(new SessionId(BitConverter.ToUInt64(sessions, i)));
        return true;
    });

    public async Task<byte[]> EmbedAsync(ExpertId expert, byte[] texts, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            Fail(expert);
            return await _embeddings.RunAsync(Experts.Find(expert)!, texts);
        }
        finally
        {
            _turn.Release();
        }
    }

    public Task RetireAsync(ExpertId expert, CancellationToken cancellationToken)
    {
        Fail(expert);
        return Experts.RemoveAsync(expert);
    }

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private ExpertStatus Describe(HostedExpert expert) => expert.Describe(Identity.Name, Identity.StreamUrlOf(expert.Spec.Id));

    private Task<T> TurnAsync<T>(ExpertId expert, Func<T> turn)
    {
        Fail(expert);
        return Task.FromResult(turn());
    }

    private void Fail(ExpertId expert)
    {
        if (Lost is { } reason)
            throw new ExpertUnreachableException(expert, reason);
    }
}
