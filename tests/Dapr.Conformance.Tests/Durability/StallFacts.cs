using Dapr.Conformance.Tests.Apps;
using Dapr.Conformance.Tests.Hosting;
using Dapr.Conformance.Tests.Workflows.Hosting;

namespace Dapr.Conformance.Tests.Durability;

/// <summary>Connections between sidecar and app that stand and carry nothing: a caller's own time-out ends its call, and harms no later one.</summary>
public abstract class StallFacts(Kind kind) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private SidecarSet? _sidecars;
    private TestApp? _app;
    private Wire? _wire;

    public async Task InitializeAsync()
    {
        if (kind.Missing is not null)
            return;
        var port = Ports.Take(1)[0];
        _wire = new(() => port);
        var spec = new AppSpec("stalled", _wire.Port);
        _sidecars = kind.Create(new(spec));
        _app = await TestApp.StartAsync(spec with { Port = port }, withActors: true);
        await _sidecars.StartAsync();
    }

    [SkippableTheory, InlineData("/v1.0/invoke/stalled/method/x"), InlineData("/v1.0/actors/Probe/one/method/Get")]
    public async Task A_call_ends_with_its_callers_patience_and_the_next_ones_pass(string path)
    {
        Skip.If(kind.Missing is not null, kind.Missing);
        using var http = new HttpClient { BaseAddress = new(_sidecars!.Http(0)), Timeout = Patience };
        async Task<bool> AnswersAsync() => (await http.PutAsync(path, null)).IsSuccessStatusCode;

        await Eventually.HoldsAsync(AnswersAsync, "it answers before");
        // A sidecar may choose to make a new connection, which carries.
        await Eventually.HoldsAsync(async () =>
        {
            await _wire!.StallAsync();
            return await Record.ExceptionAsync(AnswersAsync) is TaskCanceledException;
        }, "a call meets a stalled connection");
        await Eventually.HoldsAsync(AnswersAsync, "it answers after");
    }

    public async Task DisposeAsync()
    {
        if (_sidecars is not null)
            await _sidecars.DisposeAsync();
        if (_app is not null)
            await _app.DisposeAsync();
        if (_wire is not null)
            await _wire.DisposeAsync();
    }
}

public sealed class StallFactsOnEmbedded() : StallFacts(Kind.Embedded);

public sealed class StallFactsOnDaprd() : StallFacts(Kind.Daprd);
