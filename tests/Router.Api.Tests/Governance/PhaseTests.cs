using System.Text.Json;
using Mesh.Contracts.Experts;
using Mesh.Ensemble;
using Mesh.Ensemble.Experts;
using Mesh.Governance.Configurations;
using Mesh.Simulation.Experts;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Router.Api.Generation;
using Router.Api.Governance.Canary;
using Router.Api.Governance.Experts;
using Router.Api.Governance.Routing;

namespace Router.Api.Tests.Governance;

public sealed class PhaseTests
{
    private readonly ExpertStandings _standings = new();
    private readonly SimulatedPool _pool = new();
    private readonly RoutingSource _routing;

    public PhaseTests()
    {
        _routing = new(Options.Create(new EnsembleOptions { K = 3, Gate = GateKind.Evidence }), new GateSource(new ConfigurationBuilder().Build()), new CanaryMeter(), NullLogger<RoutingSource>.Instance);
        Online("a", "b", "c", "d");
    }

    [Fact]
    public void Phase_0_is_one_expert_alone_1_is_uniform_2_is_learned_and_3_goes_on_learning()
    {
        Assert.Equal((GateKind.Evidence, "abcd", false), Seen(null));
        Assert.Equal((GateKind.Evidence, "d", false), Seen(0));
        Assert.Equal((GateKind.Uniform, "abcd", false), Seen(1));
        Assert.Equal((GateKind.Learned, "abcd", false), Seen(2));
        Assert.Equal((GateKind.Learned, "abcd", false), Seen(3));
        Assert.Null(Snapshot(2).Prior);
        Assert.Same(_standings, Snapshot(3).Prior);
    }

    [Fact]
    public void Below_its_threshold_a_mesh_is_degraded_and_its_best_expert_answers_alone()
    {
        Online("a", "b", "c");
        Assert.Equal((GateKind.Evidence, "c", true), Seen(3));
        Assert.Equal((3, 0, 4, 3), (Snapshot(3).Phase.Configured, Snapshot(3).Phase.Effective, Snapshot(3).Phase.Needed, Snapshot(3).Phase.Present));
        Assert.False(Seen(2).Degraded);
        // The quarantined ones are not online.
        Apply(2, quarantined: "a");
        Assert.True(Session().Current.Phase.IsDegraded);
    }

    [Fact]
    public void A_session_follows_the_number_of_experts_and_keeps_the_one_that_it_has()
    {
        Online("a", "b");
        Apply(2);
        var session = Session();
        Assert.Equal("b", Names(session.Current));
        _standings.Record(ExpertId.Parse("a"), 100, 100);
        Online("b", "a");
        Assert.Equal("b", Names(session.Current));
        Online("a");
        Assert.Equal("a", Names(session.Current));
        Online("a", "b", "c");
        Assert.Equal(("abc", 2, GateKind.Learned), (Names(session.Current), session.Current.Phase.Effective, session.Current.Options.Gate));
        Assert.Same(session.Current, session.Current);
    }

    [Fact]
    public void The_best_expert_is_the_one_that_foresaw_best_lately_and_of_equals_the_largest()
    {
        Assert.Equal("d", Best());
        _standings.Record(ExpertId.Parse("a"), 1, 1);
        Assert.Equal("d", Best());   // one token says nothing
        _standings.Record(ExpertId.Parse("b"), 20, 100);
        Assert.Equal("b", Best());
        foreach (var name in "cd")
            _standings.Record(ExpertId.Parse($"{name}"), 30, 150);
        Assert.Equal("d", Best());
        for (var i = 0; i < 40; i++)
            _standings.Record(ExpertId.Parse("d"), -10_000, 10_000);
        Assert.Equal("c", Best());
        _standings.Record(ExpertId.Parse("c"), double.NaN, 10);
        _standings.Record(ExpertId.Parse("c"), 10, 0);
        Assert.Equal(0.2, _standings.MeanOf(ExpertId.Parse("c")), 1e-9);

        string Best() => _standings.Best(_pool.Peers)!.Id.Value;
    }

    [Fact]
    public void What_a_request_names_itself_holds_in_every_phase()
    {
        Apply(1);
        var session = new MeshSessions(_routing, _pool, _standings, new()).Peek(null, new() { Settings = new() { Gate = "evidence" }, Experts = [ExpertId.Parse("a"), ExpertId.Parse("b")] });
        Assert.Equal(("ab", GateKind.Evidence), (Names(session.Current), session.Current.Options.Gate));
        Apply(0);
        Assert.Equal("b", Names(session.Current));
        Assert.Equal("a", Names(new MeshSessions(_routing, _pool, _standings, new()).Peek(ExpertId.Parse("a"), null).Current));
    }

    [Fact]
    public void A_phase_that_there_is_not_is_refused()
    {
        Apply(2);
        Apply(7);
        Assert.Equal("The phase is 7; it must be 0 to 3.", _routing.Fault);
        Assert.Equal(2, _routing.Current.Control.Phase);
    }

    [Fact]
    public async Task Status_and_trace_tell_of_it()
    {
        await using var router = await RouterHost.StartToysAsync();
        await router.GovernAsync(Configurations.Of(5, Configurations.Quarantine("alpha") with { Phase = 3 }));
        var phase = (await router.StatusAsync()).GetProperty("governance").GetProperty("phase");
        Assert.Equal("""{"set":3,"effective":0,"degraded":true,"experts_online":3,"needed":4}""", phase.GetRawText());
        var answer = await router.AskAsync("/v1/chat/completions", new { model = "mesh", max_tokens = 3, mesh = new { trace = true }, messages = new[] { new { role = "user", content = "Hi" } } });
        var mesh = answer.GetProperty("choices")[0].GetProperty("mesh");
        Assert.Equal((5L, "control", 0, true), (mesh.GetProperty("configuration").GetInt64(), mesh.GetProperty("arm").GetString(), mesh.GetProperty("phase").GetInt32(), mesh.GetProperty("degraded").GetBoolean()));
        Assert.All(mesh.GetProperty("tokens").EnumerateArray(), t => Assert.Equal(1, t.GetProperty("votes").GetArrayLength()));
    }

    /// <summary>Each larger than the one before it in the alphabet.</summary>
    private void Online(params string[] names) =>
        _pool.Peers = [.. names.Select(n => new ToyExpert(ExpertId.Parse(n), new(8, 1))).Select(t => new ExpertPeer(t.Card with { Parameters = t.Expert.Value[0] }, t))];

    private void Apply(int? phase, params string[] quarantined) => _routing.Apply(Configurations.Of(1, Configurations.Quarantine(quarantined) with { Phase = phase }), _ => null);

    private MeshSession Session() => new MeshSessions(_routing, _pool, _standings, new()).Peek(null, null);

    private SessionSnapshot Snapshot(int? phase)
    {
        Apply(phase);
        return Session().Current;
    }

    private (GateKind Gate, string Experts, bool Degraded) Seen(int? phase) => Snapshot(phase) is var snapshot ? (snapshot.Options.Gate, Names(snapshot), snapshot.Phase.IsDegraded) : default;

    private string Names(SessionSnapshot snapshot) => string.Concat(_pool.Peers.Where(p => snapshot.Experts.Admits(p.Id)).Select(p => p.Id.Value));
}
