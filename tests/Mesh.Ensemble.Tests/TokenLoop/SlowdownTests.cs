using Mesh.Contracts.Experts;
using Mesh.Ensemble.TokenLoop;
using Mesh.Simulation.Experts;
using Mesh.Simulation.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Ensemble.Tests.TokenLoop;

/// <summary>Whoever is slow, and however slow: the text is that of an idle mesh.</summary>
public sealed class SlowdownTests
{
    private const int Texts = 200, Tokens = 120, Vocabulary = 40;

    [Theory]
    [InlineData(6, 4, 0f, 16)]
    [InlineData(6, 4, 0.8f, 16)]
    [InlineData(8, 2, 0f, 3)]
    [InlineData(12, 4, 0f, 16)]
    public void The_text_is_that_of_an_idle_mesh(int experts, int k, float temperature, int refresh)
    {
        var different = new List<int>();
        var late = 0;
        for (var seed = 0; seed < Texts; seed++)
        {
            var idle = Run(seed, experts, k, temperature, refresh, slowed: false, out _);
            var slow = Run(seed, experts, k, temperature, refresh, slowed: true, out var lateHere);
            Assert.Equal(Tokens, idle.Count);
            late += lateHere;
            if (!idle.SequenceEqual(slow))
                different.Add(seed);
        }
        Assert.True(late > Texts, $"Only {late} late answers: nothing was tried.");
        Assert.True(different.Count <= Texts / 200, $"{different.Count} of {Texts} texts differ: seeds {string.Join(", ", different)}.");
    }

    /// <param name="slowed">One expert at a time, another one every now and then, takes 2 to 200 times as long.</param>
    private static List<int> Run(int seed, int experts, int k, float temperature, int refresh, bool slowed, out int late)
    {
        var (time, pool, random, faults) = (new VirtualTime(seed), new SimulatedPool(), new Random(seed), new Random(~seed));
        var (victim, factor, steps) = (0, 1.0, 0);
        for (var i = 0; i < experts; i++)
        {
            var number = i;
            var toy = new ToyExpert(ExpertId.Parse($"e{i}"), new(Vocabulary, random.Next(), 2.5));
            var expert = new DelayedExpert(toy, time, _ =>
            {
                if (slowed && steps++ % 23 == 0)
                    (victim, factor) = (faults.Next(experts), Math.Pow(10, faults.NextDouble() * 2 + 0.3));
                return TimeSpan.FromMilliseconds((5 + 3 * number) * (slowed && victim == number ? factor : 1));
            });
            pool.Peers = pool.Peers.Add(new(toy.Card, expert));
        }
        var prompt = Enumerable.Range(0, random.Next(1, 50)).Select(_ => random.Next(Vocabulary)).ToArray();
        var options = new EnsembleOptions { K = k, RefreshInterval = refresh, MinimumDeadline = TimeSpan.FromMilliseconds(50) };
        var text = new List<int>();
        var lateHere = 0;
        time.Run(async () =>
        {
            var loop = new EnsembleTokenLoop(pool, options, time, NullLogger<EnsembleTokenLoop>.Instance);
            var (asked, deadline) = (time.GetTimestamp(), options.MinimumDeadline);
            await foreach (var token in loop.RunAsync(new()
            {
                Prompt = prompt, EndTokens = new HashSet<int>(), MaxTokens = Tokens, Sampling = new() { Temperature = temperature, Seed = seed },
            }))
            {
                text.Add(token.Token);
                lateHere += time.GetElapsedTime(asked) > deadline ? 1 : 0;
                asked = time.GetTimestamp();
            }
        });
        late = lateHere;
        return text;
    }
}
