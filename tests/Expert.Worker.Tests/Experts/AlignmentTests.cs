using Expert.Worker.Experts;
using Mesh.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace Expert.Worker.Tests.Experts;

public sealed class AlignmentTests
{
    [Theory, InlineData("AllExpected", "all_expected"), InlineData("Phases", "phases"), InlineData("AtOnce", null)]
    public async Task A_worker_says_how_the_batches_of_its_experts_are_aligned(string policy, string? window)
    {
        using var loader = Loader(("Mesh:Inference:BatchWindow", policy), ("Mesh:Inference:CacheBytes", "16777216"));   // one cache for all sessions: the others compute each alone
        await using var expert = await loader.LoadAsync(Checkout.Spec("unix"), 1 << 30, new Progress<float>(), default);
        Assert.Equal(window, expert.Alignment?.Window);
    }

    [Fact]
    public void Phases_that_cannot_turn_are_refused_at_the_start() =>
        Assert.Contains("Coupling is -1", Assert.Throws<ArgumentException>(() => Loader(("Mesh:Inference:BatchWindow", "Auto"), ("Mesh:Phases:Coupling", "-1"))).Message);

    private static LlamaExpertLoader Loader(params (string Key, string? Value)[] settings) => new(
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, s.Value))).Build(), new Here(), NullLoggerFactory.Instance);
}
