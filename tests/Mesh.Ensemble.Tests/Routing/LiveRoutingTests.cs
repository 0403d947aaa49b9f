using Mesh.Contracts.Experts;
using Mesh.Ensemble.Gating;
using Mesh.Ensemble.Routing;
using Mesh.Ensemble.TokenLoop;
using Mesh.Simulation.Experts;
using Mesh.Simulation.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Ensemble.Tests.Routing;

/// <summary>What a session is answered with changes while it runs.</summary>
public sealed class LiveRoutingTests
{
    private const int Vocabulary = 24;
    private static readonly EnsembleOptions Base = new() { K = 3, Gate = GateKind.Evidence, RefreshInterval = 4 };

    private readonly ToyExpert[] _experts = [.. Enumerable.Range(0, 5).Select(i => new ToyExpert(ExpertId.Parse($"e{i}"), new(Vocabulary, i + 1)))];

    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public void Every_token_is_of_one_routing_and_a_change_holds_from_the_next_round_on(int seed)
    {
        RoutingSnapshot wide = new(Base), narrow = new(Base with { K = 1, Mix = MixMode.Geometric }), none = new(Base with { Gate = GateKind.Uniform, K = 2 });
        var source = new Switch(wide);
        var tokens = Run(seed, source, i => source.Current = i switch { 9 => narrow, 19 => none, 29 => wide, _ => source.Current });
        Assert.Equal(48, tokens.Count);
        foreach (var (index, token) in tokens.Index())
        {
            // The question for the next token is out before a token is handed out.
            Assert.Same(index switch { <= 10 => wide, <= 20 => narrow, <= 30 => none, _ => wide }, token.Trace!.Routing);
            var votes = token.Trace.Votes.Where(v => v.Weight > 0).ToList();
            Assert.Equal(token.Trace.Routing!.Options.K, votes.Count);
            if (ReferenceEquals(token.Trace.Routing, none))
                Assert.All(votes, v => Assert.Equal(0.5f, v.Weight, 1e-6f));
        }
    }

    [Fact]
    public void An_undone_change_leaves_no_trace_in_the_gate()
    {
        // One token is always far ahead, so the text is the same with and without the change and the weights can be compared.
        // All five vote, so each has scored every token, and what the mixture was like falls out of the weights.
        var options = Base with { K = 5 };
        var steady = new RoutingSnapshot(options);
        var source = new Switch(steady);
        var changed = Run(1, source, i => source.Current = i switch { 15 => new(options with { EvidenceDecay = 0.3, EvidenceWeight = 3 }), 25 => steady, _ => source.Current }, bias: 5);
        var never = Run(1, steady, _ => { }, bias: 5);
        Assert.Equal(never.Select(t => t.Token), changed.Select(t => t.Token));
        Assert.Equal(Weights(never[..17]), Weights(changed[..17]));
        Assert.NotEqual(Weights(never[17..26]), Weights(changed[17..26]));
        foreach (var (a, b) in never.Zip(changed).Skip(27))
        {
            Assert.Equal(a.LogProbability, b.LogProbability, 1e-4);
            foreach (var vote in a.Trace!.Votes)
                Assert.Equal(vote.Weight, b.Trace!.Votes.Single(v => v.Expert == vote.Expert).Weight, 1e-5f);
        }
    }

    [Fact]
    public void An_expert_that_is_excluded_votes_no_more_and_comes_back()
    {
        RoutingSnapshot all = new(Base with { K = 5 }), without = all with { Experts = new(null, [_experts[0].Expert, _experts[1].Expert]) };
        var source = new Switch(all);
        var tokens = Run(1, source, i => source.Current = i switch { 9 => without, 29 => all, _ => source.Current });
        Assert.Equal(5, Voters(tokens[10]).Count());
        Assert.All(tokens[11..31], t => Assert.Equal(["e2", "e3", "e4"], Voters(t).Order()));
        Assert.Equal(5, Voters(tokens[^1]).Count());
        Assert.All(_experts, e => Assert.Equal(0, e.Sessions));
    }

    [Fact]
    public void What_an_excluded_expert_still_answers_does_not_count()
    {
        var time = new VirtualTime(1);
        // Slower than all others, so that something of it is always under way; deadlines leave it out.
        var slow = new DelayedExpert(_experts[0], time, _ => TimeSpan.FromMilliseconds(350));
        var pool = new SimulatedPool(_experts[1..].Select(e => new DelayedExpert(e, time, _ => TimeSpan.FromMilliseconds(10))).Prepend(slow).Select(e => new Experts.ExpertPeer(e.Inner.Card, e)));
        RoutingSnapshot all = new(Base with { K = 5, NegligibleWeight = 0.9 }), without = all with { Experts = new(null, [slow.Expert]) };
        var source = new Switch(all);
        var tokens = Run(time, pool, source, i => source.Current = i == 9 ? without : source.Current);
        Assert.All(tokens[11..], t => Assert.DoesNotContain("e0", t.Trace!.Votes.Select(v => v.Expert.Value)));
    }

    /// <summary>Cut off and back, and excluded while the attempt to reach it is under way: its answer comes before that of the one allowed instead.</summary>
    [Fact]
    public void An_expert_that_is_excluded_within_a_round_does_not_vote_in_it()
    {
        var time = new VirtualTime(1);
        var (wait, answeredLate) = (20, false);
        var first = new DelayedExpert(_experts[0], time, _ => TimeSpan.FromMilliseconds(wait));
        var second = new DelayedExpert(_experts[1], time, _ => TimeSpan.FromMilliseconds(3000));
        var pool = new SimulatedPool(new[] { first, second }.Select(e => new Experts.ExpertPeer(e.Inner.Card, e)));
        RoutingSnapshot one = new(Base) { Experts = new([first.Expert]) }, other = one with { Experts = new([second.Expert]) };
        var source = new Switch(one);
        var tokens = Run(time, pool, source, i =>
        {
            if (i != 9)
                return;
            first.Failure = new ExpertUnreachableException(first.Expert, "cut off");
            time.CreateTimer(_ => (first.Failure, wait) = (null, 2500), null, TimeSpan.FromSeconds(2), Timeout.InfiniteTimeSpan);
            first.Answering = (_, _) => answeredLate |= ReferenceEquals(source.Current, other);
            time.CreateTimer(_ => source.Current = other, null, TimeSpan.FromSeconds(4.4), Timeout.InfiniteTimeSpan);
        });
        Assert.Equal(48, tokens.Count);
        Assert.All(tokens, t => Assert.Equal(ReferenceEquals(t.Trace!.Routing, one) ? ["e0"] : ["e1"], t.Trace.Votes.Select(v => v.Expert.Value)));
        Assert.Contains(tokens, t => ReferenceEquals(t.Trace!.Routing, other));
        Assert.True(answeredLate);
    }

    [Fact]
    public void A_session_whose_every_expert_is_excluded_goes_on_when_one_is_released()
    {
        var time = new VirtualTime(1);
        RoutingSnapshot all = new(Base), nobody = all with { Experts = new([]) };
        var source = new Switch(all);
        var tokens = Run(time, SimulatedPool.Of(_experts), source, i =>
        {
            if (i != 5)
                return;
            source.Current = nobody;
            time.CreateTimer(_ => source.Current = all, null, TimeSpan.FromSeconds(5), Timeout.InfiniteTimeSpan);
        });
        Assert.Equal(48, tokens.Count);
        Assert.DoesNotContain(tokens, t => ReferenceEquals(t.Trace!.Routing, nobody));
    }

    [Fact]
    public void A_deterministic_session_keeps_what_it_began_with()
    {
        var source = new Switch(new(Base with { Deterministic = true }));
        var first = source.Current;
        var tokens = Run(1, source, i => source.Current = new(Base with { K = 1 }));
        Assert.All(tokens, t => Assert.Same(first, t.Trace!.Routing));
    }

    [Fact]
    public void Speculation_can_begin_and_end_within_a_session()
    {
        RoutingSnapshot plain = new(Base), drafting = new(Base with { Speculation = 8 });
        var source = new Switch(plain);
        var changed = Run(1, source, i => source.Current = i switch { 9 => drafting, 29 => plain, _ => source.Current });
        Assert.Equal(Run(1, plain, _ => { }).Select(t => t.Token), changed.Select(t => t.Token));
        Assert.Contains(changed, t => t.Trace!.Mode == "speculative");
        Assert.All(changed.Skip(45), t => Assert.Equal("plain", t.Trace!.Mode));
    }

    [Fact]
    public void Options_out_of_range_make_no_snapshot() => Assert.Contains("K is 0", Assert.Throws<ArgumentException>(() => new RoutingSnapshot(new() { K = 0 })).Message);

    [Fact]
    public void An_observer_hears_of_prompt_rounds_and_experts()
    {
        var heard = new Heard();
        Run(1, new RoutingSnapshot(Base), _ => { }, observer: heard);
        Assert.Equal(1, heard.Prompts);
        Assert.InRange(heard.PromptMean, -Math.Log(Vocabulary) * 3, 0);
        Assert.Equal(48, heard.Tokens);
        Assert.Equal(["e0", "e1", "e2", "e3", "e4"], heard.Experts.Order());
        // Nobody was late: of every token all that were asked have answered, and their weights are the whole.
        Assert.All(heard.Votes, v => Assert.NotNull(v.Answered));
        Assert.Equal(48, heard.Votes.Sum(v => v.Weight * v.Tokens), 1e-3);
    }

    private List<TokenEvent> Run(int seed, IRoutingSource source, Action<int> after, float bias = 0, IGenerationObserver? observer = null) =>
        Run(new VirtualTime(seed), SimulatedPool.Of(_experts), source, after, bias, observer);

    /// <summary>The tokens of one session; <paramref name="after"/> is called with the number of each that was handed out.</summary>
    private static List<TokenEvent> Run(VirtualTime time, SimulatedPool pool, IRoutingSource source, Action<int> after, float bias = 0, IGenerationObserver? observer = null)
    {
        var tokens = new List<TokenEvent>();
        time.Run(async () =>
        {
            var loop = new EnsembleTokenLoop(pool, new(), time, NullLogger<EnsembleTokenLoop>.Instance);
            var request = new GenerationRequest
            {
                Prompt = new[] { 3, 5, 7, 3, 5 }, EndTokens = new HashSet<int>(), MaxTokens = 48, Trace = true, Routing = source, Observer = observer,
                Sampling = new() { Seed = 1, LogitBias = Enumerable.Range(0, Vocabulary).ToDictionary(t => t, t => t == 7 ? bias * 20 : 0f) },
            };
            await foreach (var token in loop.RunAsync(request))
            {
                tokens.Add(token);
                after(tokens.Count - 1);
            }
        });
        return tokens;
    }

    private static IEnumerable<string> Voters(TokenEvent token) => token.Trace!.Votes.Where(v => v.Weight > 0).Select(v => v.Expert.Value);

    private static IEnumerable<float> Weights(IEnumerable<TokenEvent> tokens) => tokens.SelectMany(t => t.Trace!.Votes.Select(v => v.Weight));

    private sealed class Switch(RoutingSnapshot first) : IRoutingSource
    {
        public RoutingSnapshot Current { get; set; } = first;
    }

    private sealed class Heard : IGenerationObserver
    {
        public int Prompts { get; private set; }
        public double PromptMean { get; private set; }
        public int Tokens { get; private set; }
        public List<string> Experts { get; } = [];
        public List<(string Expert, float Weight, TimeSpan? Answered, int Tokens)> Votes { get; } = [];

        public void OnPrompt(double sum, int tokens) => (Prompts, PromptMean) = (Prompts + 1, sum / tokens);

        public void OnRound(TimeSpan elapsed, int tokens) => Tokens += tokens;

        public void OnVote(ExpertId expert, float weight, TimeSpan? answered, int tokens) => Votes.Add((expert.Value, weight, answered, tokens));

        public void OnExpert(ExpertId expert, double sum, int tokens) => Experts.Add(expert.Value);
    }
}
