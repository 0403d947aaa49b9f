using Mesh.Contracts.Experts;
using Mesh.Ensemble.Sampling;
using Mesh.Ensemble.TokenLoop;
using Mesh.Simulation.Experts;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Ensemble.Tests.TokenLoop;

public sealed class SpeculationTests
{
    private const int Vocabulary = 3, Length = 5;
    private static readonly int[] Prompt = [2, 1, 0, 2, 1, 0, 1];
    private static readonly EnsembleOptions Options = new() { Speculation = 4, MinimumDeadline = TimeSpan.FromMinutes(1) };

    private static ToyExpert[] Experts() =>
        [new(ExpertId.Parse("a"), new(Vocabulary, 1)), new(ExpertId.Parse("b"), new(Vocabulary, 2)), new(ExpertId.Parse("c"), new(Vocabulary, 5))];

    /// <summary>The probability of every continuation, straight from the definitions of evidence, weights, mixture and temperature.</summary>
    private static double[] Exact(ToyExpert[] experts, EnsembleOptions options, SamplingOptions sampling)
    {
        var evidence = new double[experts.Length];
        for (var s = 1; s < Prompt.Length; s++)
        {
            var scores = experts.Select(e => (double)e.Model.LogProbabilities(Prompt.AsSpan(0, s))[Prompt[s]]).ToArray();
            var mixed = Math.Log(scores.Average(Math.Exp));
            for (var i = 0; i < experts.Length; i++)
                evidence[i] = options.EvidenceDecay * evidence[i] + scores[i] - mixed;
        }
        var chances = new double[(int)Math.Pow(Vocabulary, Length)];
        Expand([.. Prompt], evidence, 1, 0);
        return chances;

        void Expand(int[] text, double[] known, double chance, int index)
        {
            if (text.Length == Prompt.Length + Length)
            {
                chances[index] = chance;
                return;
            }
            var weights = known.Select(k => Math.Exp(options.EvidenceWeight * k)).ToArray();
            var rows = experts.Select(e => e.Model.LogProbabilities(text)).ToArray();
            var mixture = Enumerable.Range(0, Vocabulary).Select(t => weights.Zip(rows).Sum(p => p.First * Math.Exp(p.Second[t])) / weights.Sum()).ToArray();
            var sharpened = mixture.Select(p => Math.Pow(p, 1 / sampling.Temperature)).ToArray();
            for (var token = 0; token < Vocabulary; token++)
                Expand([.. text, token], [.. known.Select((k, i) => options.EvidenceDecay * k + rows[i][token] - Math.Log(mixture[token]))],
                    chance * sharpened[token] / sharpened.Sum(), index * Vocabulary + token);
        }
    }

    [Theory, InlineData(1f, 4, 100_000), InlineData(0.6f, 4, 20_000), InlineData(1f, 0, 20_000)]
    public async Task The_text_has_the_same_distribution_as_without_drafts(float temperature, int drafts, int samples)
    {
        var experts = Experts();
        var loop = new EnsembleTokenLoop(SimulatedPool.Of(experts), Options with { Speculation = drafts }, TimeProvider.System, NullLogger<EnsembleTokenLoop>.Instance);
        var counts = new int[(int)Math.Pow(Vocabulary, Length)];
        var noEnd = new HashSet<int>();
        for (var seed = 0; seed < samples; seed++)
        {
            var index = 0;
            var request = new GenerationRequest { Prompt = Prompt, EndTokens = noEnd, MaxTokens = Length, Sampling = new() { Temperature = temperature, Seed = seed } };
            await foreach (var e in loop.RunAsync(request))
                index = index * Vocabulary + e.Token;
            counts[index]++;
        }
        Assert.InRange(Statistics.ChiSquareSigmas(counts, Exact(experts, Options, new() { Temperature = temperature })), -4, 4);
        if (drafts > 0)
            Assert.True(experts[0].Steps < samples * (Length - 0.5), $"{experts[0].Steps} steps: hardly any draft was accepted.");
    }

    [Theory, InlineData(0f), InlineData(0.7f), InlineData(1f), InlineData(1.6f)]
    public async Task The_text_of_a_seed_is_the_same_with_and_without_drafts_and_coupled_ones_save_the_most_steps(float temperature)
    {
        var (texts, steps) = (new List<string>(), new List<int>());
        foreach (var options in new[] { Options with { Speculation = 0 }, Options with { CoupledDrafts = false }, Options })
        {
            var experts = Experts();
            var loop = new EnsembleTokenLoop(SimulatedPool.Of(experts), options, TimeProvider.System, NullLogger<EnsembleTokenLoop>.Instance);
            var text = new List<int>();
            for (var seed = 0; seed < 20; seed++)
                await foreach (var e in loop.RunAsync(new() { Prompt = Prompt, EndTokens = new HashSet<int>(), MaxTokens = 60, Sampling = new() { Temperature = temperature, Seed = seed } }))
                    text.Add(e.Token);
            texts.Add(string.Join(' ', text));
            steps.Add(experts[0].Steps);
        }
        Assert.Equal(texts[0], texts[1]);
        Assert.Equal(texts[0], texts[2]);
        Assert.True(steps[0] > steps[1] && (temperature == 0 || steps[1] > steps[2]), string.Join(", ", steps));
    }

    [Fact]
    public async Task With_truncation_too_only_allowed_tokens_come_and_drafts_are_used()
    {
        var sampling = new SamplingOptions { TopK = 2, Temperature = 0.7f, Seed = 1 };
        var loop = new EnsembleTokenLoop(SimulatedPool.Of(Experts()), Options, TimeProvider.System, NullLogger<EnsembleTokenLoop>.Instance);
        var modes = new List<string>();
        await foreach (var e in loop.RunAsync(new() { Prompt = Prompt, EndTokens = new HashSet<int>(), MaxTokens = 300, Sampling = sampling, Trace = true, TopLogProbabilities = 2 }))
        {
            Assert.Contains(e.Token, e.Top!.Select(t => t.Token));
            modes.Add(e.Trace!.Mode);
        }
        Assert.True(modes.Count(m => m == "speculative") > 100);
        Assert.Contains("plain: no draft", modes);
    }
}
