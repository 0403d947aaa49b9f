using Dapr.Conformance.Tests.Apps;
using Dapr.Conformance.Tests.Hosting;
using Dapr.Conformance.Tests.Workflows.Hosting;

namespace Dapr.Conformance.Tests.Durability;

/// <summary>The app is away for a while; its sidecar stays. Api tokens go both ways all the time.</summary>
public abstract class AbsenceFacts(Kind kind) : IAsyncLifetime
{
    private const string ApiToken = "shown-to-the-sidecar", AppToken = "shown-to-the-app";
    private SidecarSet? _sidecars;
    private TestApp? _app;
    private RawClient _http = null!;
    private static readonly (string, string) Token = ("dapr-api-token", ApiToken);

    public async Task InitializeAsync()
    {
        if (kind.Missing is not null)
            return;
        _sidecars = kind.Create(new(new AppSpec("away", Ports.Take(1)[0])) { Environment = [("DAPR_API_TOKEN", ApiToken), ("APP_API_TOKEN", AppToken)] });
        _app = await TestApp.StartAsync(_sidecars.Spec.Apps[0], withTopics: true);
        await _sidecars.StartAsync();
        _http = new(_sidecars.Http(0));
        await Eventually.HoldsAsync(async () => (await _http.GetAsync("/v1.0/metadata", Token)).Body.Contains("\"deadLetterTopic\"", StringComparison.Ordinal), "topics are subscribed");
    }

    [SkippableFact]
    public async Task Callers_show_a_token_and_so_does_the_sidecar()
    {
        Skip.If(kind.Missing is not null, kind.Missing);
        foreach (var path in new[] { "/v1.0/metadata", "/v1.0/state/statestore/k", "/v1.0/invoke/away/method/x", "/v1.0/unknown" })
        {
            Assert.Equal(401, (await _http.GetAsync(path)).Status);
            Assert.Equal(401, (await _http.GetAsync(path, ("dapr-api-token", "wrong"))).Status);
        }
        Assert.Equal(204, (await _http.GetAsync("/v1.0/healthz/outbound")).Status);
        Assert.Equal(204, (await _http.GetAsync("/v1.0/state/statestore/k", Token)).Status);
        var seen = (await _http.GetAsync("/v1.0/invoke/away/method/x", Token)).Json.GetProperty("headers");
        Assert.Equal(AppToken, seen.GetProperty("dapr-api-token").GetString());

        using var knows = Client(ApiToken);
        await knows.SaveStateAsync("statestore", "k", 1);
        using var guesses = Client("wrong");
        var fault = await Assert.ThrowsAsync<DaprException>(() => guesses.SaveStateAsync("statestore", "k", 1));
        Assert.Equal(Grpc.Core.StatusCode.Unauthenticated, Assert.IsType<Grpc.Core.RpcException>(fault.InnerException).StatusCode);
    }

    [SkippableFact]
    public async Task An_app_that_comes_back_is_found_again()
    {
        Skip.If(kind.Missing is not null, kind.Missing);
        var journal = _app!.Journal;
        await _app.DisposeAsync();
        (await _http.GetAsync("/v1.0/invoke/away/method/x", Token)).IsError(500, "ERR_DIRECT_INVOKE", "failed to invoke, id: away, err:");
        if (kind == Kind.Embedded)
            Assert.Equal(204, (await _http.PostAsync("/v1.0/publish/pubsub/plain", "\"while away\"", Token)).Status);
        _app = await TestApp.StartAsync(_sidecars!.Spec.Apps[0], withTopics: true, journal: journal);
        await Eventually.HoldsAsync(async () => (await _http.GetAsync("/v1.0/invoke/away/method/x", Token)).Status == 200, "it answers again");
        Assert.Equal(204, (await _http.PostAsync("/v1.0/publish/pubsub/plain", "\"after\"", Token)).Status);
        await Eventually.HoldsAsync(() => journal.Of("plain ").Any(l => l.Contains("after")), "events arrive again");
        // daprd tries ten times in a second, then the event is lost.
        if (kind == Kind.Embedded)
            await Eventually.HoldsAsync(() => journal.Of("plain ").Any(l => l.Contains("while away")), "the event of the absence arrives");
    }

    private Dapr.Client.DaprClient Client(string token) =>
        new Dapr.Client.DaprClientBuilder().UseHttpEndpoint(_sidecars!.Http(0)).UseGrpcEndpoint(_sidecars.Grpc(0)).UseDaprApiToken(token).Build();

    public async Task DisposeAsync()
    {
        _http?.Dispose();
        if (_sidecars is not null)
            await _sidecars.DisposeAsync();
        if (_app is not null)
            await _app.DisposeAsync();
    }
}

public sealed class AbsenceFactsOnEmbedded() : AbsenceFacts(Kind.Embedded);

public sealed class AbsenceFactsOnDaprd() : AbsenceFacts(Kind.Daprd);
