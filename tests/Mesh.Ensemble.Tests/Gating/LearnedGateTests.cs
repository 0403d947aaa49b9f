using Mesh.Contracts.Experts;
using Mesh.Ensemble.Experts;
using Mesh.Ensemble.Gating;
using Mesh.Ensemble.TokenLoop;
using Mesh.Simulation.Experts;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Ensemble.Tests.Gating;

public sealed class LearnedGateTests : GateContract
{
    private static readonly ExpertId Left = ExpertId.Parse("left"), Right = ExpertId.Parse("right");

    protected override IGate Make() => new LearnedGate(GateModelTests.Small());

    [Fact]
    public void Tokens_speak_for_experts_and_are_forgotten()
    {
        var gate = Make();
        var (left, right, stranger) = (gate.Add(Left), gate.Add(Right), gate.Add(Expert));
        Assert.Equal((0.25, -0.25), (gate.Score(left), gate.Score(right)));
        gate.Advance(0);
        gate.Advance(2);
        Assert.Equal(0.25 + 0.5 * 1 - 2, gate.Score(left), 1e-9);
        Assert.Equal(-0.25 - 0.5 * 1 + 2, gate.Score(right), 1e-9);
        Assert.Equal(0, gate.Score(stranger));
        for (var i = 0; i < 60; i++)
            gate.Advance(1);
        Assert.Equal(0.25, gate.Score(left), 1e-9);
    }

    [Fact]
    public void Tokens_it_has_never_heard_of_say_nothing()
    {
        var gate = Make();
        gate.Add(Left);
        gate.Advance(3);
        gate.Advance(-1);
        gate.Advance(int.MaxValue);
        Assert.Equal(0.25, gate.Score(0), 1e-9);
    }

    [Fact]
    public void Evidence_joins_with_the_weight_it_was_fitted_with()
    {
        var gate = Make();
        gate.Add(Left);
        gate.Observe(0, age: 1, 2);
        Assert.Equal(0.25 + 0.7 * 0.9 * 2, gate.Score(0), 1e-9);
    }

    [Fact]
    public async Task The_prompt_decides_who_is_mixed_before_anybody_has_said_a_word()
    {
        var experts = new[] { "left", "right" }.Select((name, i) => new ToyExpert(ExpertId.Parse(name), new(8, i))).ToArray();
        var model = GateModelTests.Small(evidenceWeight: 0);
        async Task<TokenTrace> FirstAsync(int prompt, GateModel? gate)
        {
            var loop = new EnsembleTokenLoop(SimulatedPool.Of(experts), new() { K = 2 }, TimeProvider.System, NullLogger<EnsembleTokenLoop>.Instance, gateModel: gate);
            await foreach (var token in loop.RunAsync(new() { Prompt = new[] { prompt }, EndTokens = new HashSet<int>(), MaxTokens = 1, Trace = true }))
                return token.Trace!;
            throw new InvalidOperationException("No token.");
        }
        float WeightOf(TokenTrace trace, ExpertId expert) => trace.Votes.Single(v => v.Expert == expert).Weight;
        // Token 0 speaks for left by 2 nats, token 2 for right by 4; the biases for left by a half.
        Assert.Equal(1 / (1 + Math.Exp(-2.5)), WeightOf(await FirstAsync(0, model), Left), 1e-4);
        Assert.Equal(1 / (1 + Math.Exp(-3.5)), WeightOf(await FirstAsync(2, model), Right), 1e-4);
    }

    [Fact]
    public void A_gate_of_another_tokenizer_is_not_used()
    {
        var tokenizer = GateModelTests.Small().Tokenizer;
        Assert.IsType<LearnedGate>(Gates.Create(new(), GateModelTests.Small(), tokenizer));
        var stranger = new GateModel("another", ["left"], [0f], [0f], 0.9, 0.9, 0.7);
        Assert.IsType<EvidenceGate>(Gates.Create(new(), stranger, tokenizer));
        Assert.IsType<EvidenceGate>(Gates.Create(new(), null, tokenizer));
        Assert.IsType<EvidenceGate>(Gates.Create(new(), GateModelTests.Small(), null));
        Assert.IsType<UniformGate>(Gates.Create(new() { Gate = GateKind.Uniform }, GateModelTests.Small(), tokenizer));
    }
}
