using System.Net.Http.Json;
using System.Text.Json;
using Mesh.Ensemble;
using Mesh.Testing;
using Microsoft.Extensions.DependencyInjection;
using Router.Api.Governance.Routing;

namespace Router.Api.Tests.Governance;

/// <summary>What a request names itself, for itself alone.</summary>
public sealed class RequestedSettingsTests : IDisposable
{
    private const string Prompt = "And God said, Let there be light: and there was light.";
    private readonly TemporaryFolder _folder = new();
    private readonly GateStore _store = new();

    [Fact]
    public async Task Every_setting_that_it_names_holds_for_it_and_for_no_other()
    {
        await using var router = await RouterHost.StartAsync();
        await router.AskAsync("/v1/completions", new
        {
            model = "mesh", prompt = "Hi",
            mesh = new
            {
                k = 2, over_selection = 1, gate = "evidence", mix = "geometric", evidence_decay = 0.5, evidence_weight = 0.25, deadline_factor = 3, minimum_deadline_ms = 0.5,
                negligible_weight = 0.125, hysteresis = 4, refresh_interval = 7, speculation = 3, slide_anchor = 5,
            },
        });
        await router.AskAsync("/v1/completions", new { model = "mesh", prompt = "Hi" });
        Assert.Equal(
            new EnsembleOptions
            {
                K = 2, OverSelection = 1, Gate = GateKind.Evidence, Mix = MixMode.Geometric, EvidenceDecay = 0.5, EvidenceWeight = 0.25, DeadlineFactor = 3, MinimumDeadline = TimeSpan.FromMilliseconds(0.5),
                NegligibleWeight = 0.125, Hysteresis = 4, RefreshInterval = 7, Speculation = 3, SlideAnchor = 5,
            },
            router.Loop.Requests[0].Routing!.Current.Options);
        Assert.Equal(new EnsembleOptions(), router.Loop.Requests[1].Routing!.Current.Options);
    }

    [Fact]
    public async Task A_gate_that_governance_keeps_weighs_for_the_request_that_names_it()
    {
        var hash = _store.Put(GateStore.GateFile(alpha: 16));
        await using var router = await StartAsync();
        Assert.InRange(await AlphaAsync(new { trace = true, gate = "uniform" }), 0.2, 0.3);
        Assert.InRange(await AlphaAsync(new { trace = true, gate_hash = hash }), 0.9, 1);
        Assert.InRange(await AlphaAsync(new { trace = true, gate = "learned", gate_hash = hash }), 0.9, 1);
        Assert.InRange(await AlphaAsync(new { trace = true, gate = "uniform" }), 0.2, 0.3);
        Assert.Equal(1, _store.Asked);
        var selected = await router.AskAsync("/mesh/select", new { text = "Hi", mesh = new { gate_hash = hash } });
        Assert.InRange(selected.GetProperty("experts")[0].GetProperty("weight").GetDouble(), 0.9, 1);

        async Task<double> AlphaAsync(object mesh) => (await router.AskAsync("/v1/completions", new { model = "mesh", prompt = "Hi", max_tokens = 1, mesh }))
            .GetProperty("choices")[0].GetProperty("mesh").GetProperty("tokens")[0].GetProperty("votes").EnumerateArray().Single(v => v.GetProperty("expert").GetString() == "alpha").GetProperty("weight").GetDouble();
    }

    [Fact]
    public async Task A_scored_text_is_scored_with_what_the_request_names()
    {
        var hash = _store.Put(GateStore.GateFile(alpha: 16));
        await using var router = await StartAsync();
        var uniform = await ScoreAsync(new { gate = "uniform", k = 4 });
        Assert.Equal(uniform, await ScoreAsync(new { gate = "evidence", evidence_weight = 0, k = 4 }));
        var evidence = await ScoreAsync(new { gate = "evidence", k = 4 });
        Assert.NotEqual(uniform, evidence);
        Assert.NotEqual(evidence, await ScoreAsync(new { gate = "evidence", evidence_decay = 0.1, k = 4 }));
        Assert.NotEqual(await ScoreAsync(new { gate = "evidence", hysteresis = 0, k = 1 }), await ScoreAsync(new { gate = "evidence", hysteresis = 1e6, k = 1 }));
        // A gate that is all for alpha: alpha's own scores, almost.
        var alpha = await ScoreAsync(new { experts = new[] { "alpha" } });
        var leaning = await ScoreAsync(new { gate_hash = hash, k = 4 });
        Assert.InRange(Math.Abs(leaning[0] - alpha[0]), 0, 1e-3);

        async Task<double[]> ScoreAsync(object mesh) =>
        [
            .. (await router.AskAsync("/v1/completions", new { model = "mesh", prompt = Prompt, max_tokens = 0, echo = true, logprobs = 0, mesh }))
                .GetProperty("choices")[0].GetProperty("logprobs").GetProperty("token_logprobs").EnumerateArray().Skip(1).Select(l => l.GetDouble()),
        ];
    }

    [Fact]
    public async Task A_gate_that_cannot_be_had_is_refused_with_the_reason()
    {
        var (text, foreign, good) = (_store.Put("no gate"u8.ToArray()), _store.Put(GateStore.GateFile(tokenizer: "another")), _store.Put(GateStore.GateFile()));
        await using var router = await StartAsync();
        foreach (var (hash, status, code) in new[] { (Configurations.Proposal, 400, "gate_not_found"), (text, 400, "invalid_value"), (foreign, 400, "invalid_value") })
            await RefusedAsync(hash, status, code);
        _store.Away = true;
        await RefusedAsync(good, 503, "gate_unavailable");
        _store.Away = false;
        await router.AskAsync("/v1/completions", new { model = "mesh", prompt = "Hi", max_tokens = 1, mesh = new { gate_hash = good } });

        async Task RefusedAsync(string hash, int status, string code)
        {
            var error = await RouterHost.ErrorAsync(await router.Client.PostAsJsonAsync("/v1/completions", new { model = "mesh", prompt = "Hi", mesh = new { gate_hash = hash } }), status);
            Assert.Equal(("mesh.gate_hash", code), (error.GetProperty("param").GetString(), error.GetProperty("code").GetString()));
        }
    }

    [Fact]
    public async Task Many_that_name_one_gate_at_once_all_get_it()
    {
        var hash = _store.Put(GateStore.GateFile());
        await using var router = await StartAsync();
        var artifacts = router.Services.GetRequiredService<GateArtifacts>();
        await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(() => artifacts.EnsureAsync(hash, default))));
        Assert.Single(Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories), f => f.Contains(hash, StringComparison.Ordinal));
    }

    public void Dispose() => _folder.Dispose();

    private Task<RouterHost> StartAsync() => RouterHost.StartToysAsync(builder => builder.Services.AddSingleton<IArtifactSource>(_store), $"--Mesh:Data={_folder.Path}");
}
