using Dapr.Actors.Client;
using Dapr.Client;
using Dapr.Conformance.Tests.Apps;
using Dapr.Conformance.Tests.Workflows.Hosting;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using GrpcMetadata = Grpc.Core.Metadata;

namespace Dapr.Conformance.Tests.Hosting;

/// <summary>
/// What most facts need, started once for a collection: <c>alpha</c> with actors and subscriptions, two replicas of <c>beta</c>, and a sidecar without an app.
/// </summary>
public abstract class Site(Kind kind) : IAsyncLifetime
{
    public const int AlphaIndex = 0, Beta1Index = 1, Beta2Index = 2, LonelyIndex = 3;
    private readonly List<IDisposable> _clients = [];
    private SidecarSet? _sidecars;
    private TestApp? _alpha, _beta1, _beta2;

    public Kind Kind { get; } = kind;
    public string? Missing => Kind.Missing;
    public SidecarSet Sidecars => _sidecars ?? throw new InvalidOperationException(Missing);
    public TestApp Alpha => _alpha!;
    public IReadOnlyList<TestApp> Betas => [_beta1!, _beta2!];

    public RawClient Http { get; private set; } = null!;
    public DaprClient Client { get; private set; } = null!;
    public IActorProxyFactory Actors { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        if (Missing is not null)
            return;
        var ports = Ports.Take(3);
        var spec = new SidecarSpec(new("alpha", ports[0]), new("beta", ports[1]), new("beta", ports[2]), new("lonely", null));
        _sidecars = Kind.Create(spec);
        _alpha = await TestApp.StartAsync(spec.Apps[AlphaIndex], withActors: true, withTopics: true);
        _beta1 = await TestApp.StartAsync(spec.Apps[Beta1Index]);
        _beta2 = await TestApp.StartAsync(spec.Apps[Beta2Index]);
        await _sidecars.StartAsync();
        Http = Raw(AlphaIndex);
        _clients.Add(Client = NewClient(AlphaIndex));
        Actors = new ActorProxyFactory(new ActorProxyOptions { HttpEndpoint = _sidecars.Http(AlphaIndex) });
        await Eventually.HoldsAsync(async () => (await Http.PostAsync("/v1.0/actors/Probe/first/method/Get")).Status == 200, "actors answer");
        await Eventually.HoldsAsync(async () => (await Http.GetAsync("/v1.0/metadata")).Body.Contains("\"deadLetterTopic\"", StringComparison.Ordinal), "topics are subscribed");
        await Eventually.HoldsAsync(async () => (await Http.GetAsync("/v1.0/invoke/beta/method/ready")).Status == 200, "beta answers");
    }

    public RawClient Raw(int app)
    {
        var client = new RawClient(Sidecars.Http(app));
        _clients.Add(client);
        return client;
    }

    public DaprClient NewClient(int app) =>
        new DaprClientBuilder().UseHttpEndpoint(Sidecars.Http(app)).UseGrpcEndpoint(Sidecars.Grpc(app)).UseTimeout(TimeSpan.FromSeconds(30)).Build();

    /// <summary>A call of dapr.proto.runtime.v1.Dapr to the sidecar of alpha, with the headers of its response.</summary>
    public async Task<(TResponse Message, GrpcMetadata Headers)> CallAsync<TRequest, TResponse>(string method, TRequest request, MessageParser<TResponse> parser, params (string Name, string Value)[] metadata)
        where TRequest : class, IMessage where TResponse : class, IMessage<TResponse>
    {
        var headers = new GrpcMetadata();
        foreach (var (name, value) in metadata)
            headers.Add(name, value);
        using var channel = GrpcChannel.ForAddress(Sidecars.Grpc(AlphaIndex));
        var call = channel.CreateCallInvoker().AsyncUnaryCall(
            new Method<TRequest, TResponse>(MethodType.Unary, "dapr.proto.runtime.v1.Dapr", method, Marshallers.Create<TRequest>(r => r.ToByteArray(), _ => throw new NotSupportedException()), Marshallers.Create<TResponse>(r => r.ToByteArray(), parser.ParseFrom)),
            null, new CallOptions(headers, DateTime.UtcNow.AddSeconds(60)), request);
        return (await call, await call.ResponseHeadersAsync);
    }

    public async Task DisposeAsync()
    {
        foreach (var client in _clients)
            client.Dispose();
        if (_sidecars is not null)
            await _sidecars.DisposeAsync();
        foreach (var app in new[] { _alpha, _beta1, _beta2 })
            if (app is not null)
                await app.DisposeAsync();
    }
}

public sealed class EmbeddedSite() : Site(Kind.Embedded)
{
    public const string Name = "Embedded sidecar";
}

public sealed class DaprdSite() : Site(Kind.Daprd)
{
    public const string Name = "daprd";
}

[CollectionDefinition(EmbeddedSite.Name)]
public sealed class EmbeddedCollection : ICollectionFixture<EmbeddedSite>;

[CollectionDefinition(DaprdSite.Name)]
public sealed class DaprdCollection : ICollectionFixture<DaprdSite>;

/// <summary>What the facts share. A sidecar adds a two-line subclass of each class of facts.</summary>
public abstract class SidecarTest
{
    protected SidecarTest(Site site)
    {
        Skip.If(site.Missing is not null, site.Missing);
        Site = site;
    }

    protected Site Site { get; }
    protected RawClient Http => Site.Http;
    protected bool IsDaprd => Site.Kind == Kind.Daprd;

    /// <summary>The store counts versions, shows no end of life and words its faults itself; the broker comes again much later.</summary>
    protected bool IsRedis => IsDaprd && Servers.Set == "redis";

    /// <summary>Its broker is Redis: a refused event comes again much later, and for ever.</summary>
    protected bool IsRedisBroker => IsDaprd && Servers.Set.Length > 0;

    protected bool IsPostgres => IsDaprd && Servers.Set == "postgres";

    protected static string NewId() => Guid.NewGuid().ToString("N");
}
