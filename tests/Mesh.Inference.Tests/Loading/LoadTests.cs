using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Mesh.Inference.Tests.Decoding;

namespace Mesh.Inference.Tests.Loading;

public sealed class LoadTests
{
    [Fact]
    public async Task The_card_says_what_was_loaded_and_how_fast_it_runs()
    {
        await using var expert = await Session.LoadAsync(TestModels.Arithmetic, with: spec => spec with { Description = "sums" });
        var card = expert.Card;
        Assert.Equal(("mesh-arithmetic", 4096, 512, "sums"), (card.Name, card.VocabularySize, card.ContextLength, card.Description));
        Assert.InRange(card.Parameters, 4_500_000, 5_500_000);
        Assert.InRange(card.MemoryBytes, 5_000_000, 100_000_000);
        Assert.InRange(card.TokensPerSecond, 1, 1e6);
        Assert.InRange(card.PromptTokensPerSecond, 1, 1e6);
        Assert.Matches("^[0-9a-f]{64}$", card.TokenizerFingerprint);
        Assert.InRange(card.Threads, 1, Math.Min(4, Environment.ProcessorCount)); // one for each lane
    }

    [Fact]
    public async Task The_context_can_be_made_shorter_but_not_longer_than_trained()
    {
        await using var expert = await Session.LoadAsync(TestModels.Arithmetic, with: spec => spec with { ContextLength = 100 });
        Assert.Equal(100, expert.Card.ContextLength);
        Assert.Equal(StepStatus.Ok, (await new Session(expert).StepAsync(0, new int[100])).Status);
        Assert.Equal(StepStatus.ContextFull, (await new Session(expert).StepAsync(0, new int[101])).Status);
        await using var longer = await Session.LoadAsync(TestModels.Arithmetic, with: spec => spec with { ContextLength = 100_000 });
        Assert.Equal(512, longer.Card.ContextLength);
    }

    [Fact]
    public async Task A_model_over_the_budget_is_refused_before_it_is_loaded()
    {
        var refusal = await Assert.ThrowsAsync<ModelLoadException>(() => Session.LoadAsync(TestModels.Arithmetic, new() { MemoryBudget = 6 << 20 }));
        Assert.Contains("budget", refusal.Message);
    }

    [Fact]
    public async Task Files_that_are_no_model_are_refused_with_the_reason()
    {
        using var text = new TemporaryFile().Write("This is no model at all, only text."u8);
        Assert.Contains("no GGUF", (await Assert.ThrowsAsync<ModelLoadException>(() => Session.LoadAsync(text.Path))).Message);
        using var empty = new TemporaryFile().Write([]);
        await Assert.ThrowsAsync<ModelLoadException>(() => Session.LoadAsync(empty.Path));
        using var cut = new TemporaryFile().Write(File.ReadAllBytes(TestModels.Arithmetic).AsSpan(0, 3_000_000));
        Assert.Contains("cut short", (await Assert.ThrowsAsync<ModelLoadException>(() => Session.LoadAsync(cut.Path))).Message);
        Assert.Contains("does not exist", (await Assert.ThrowsAsync<ModelLoadException>(() => Session.LoadAsync(text.Path + ".absent"))).Message);
        await Assert.ThrowsAsync<ModelLoadException>(() => Session.LoadAsync(Path.GetTempPath()));
    }

    [Fact]
    public async Task What_is_no_adapter_is_refused()
    {
        await Assert.ThrowsAsync<ModelLoadException>(() => Session.LoadAsync(TestModels.Arithmetic, with: s => s with { Adapters = [new(TestModels.Arithmetic)] }));
        await Assert.ThrowsAsync<ModelLoadException>(() => Session.LoadAsync(TestModels.Arithmetic, with: s => s with { Adapters = [new("/nowhere.gguf")] }));
    }

    [Fact]
    public async Task Options_out_of_range_are_refused_by_name()
    {
        var refusal = await Assert.ThrowsAsync<ModelLoadException>(() => Session.LoadAsync(TestModels.Arithmetic, new() { MaxSequences = 256, BatchTokens = 0 }));
        Assert.Contains("MaxSequences", refusal.Message);
        Assert.Contains("BatchTokens", refusal.Message);
    }

    [Fact]
    public async Task Loading_can_be_cancelled() =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => LlamaExpert.LoadAsync(
            new() { Id = ExpertId.Parse("x"), ModelPath = TestModels.Arithmetic }, new(), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, null, new(true)));

    [Fact]
    public async Task Embeddings_are_of_length_one_and_alike_for_alike_texts()
    {
        await using var expert = await Session.LoadAsync(TestModels.Embedded("generalist"));
        using var tokenizer = Mesh.Inference.Tokenizer.ModelTokenizer.Load(TestModels.Embedded("generalist"));
        var sum = await Embed("What is 17 + 25?");
        var other = await Embed("What is 81 + 13?");
        var verse = await Embed("And the LORD said unto Moses, Go in unto Pharaoh");
        Assert.Equal(256, sum.Length);
        Assert.Equal(1, sum.Sum(v => v * v), 1e-4);
        Assert.True(Dot(sum, other) > Dot(sum, verse));
        Assert.Equal(sum, await Embed("What is 17 + 25?"));
        await Assert.ThrowsAsync<ArgumentException>(() => expert.EmbedAsync(Array.Empty<int>()));
        await Assert.ThrowsAsync<ArgumentException>(() => expert.EmbedAsync(new int[513]));
        await Assert.ThrowsAsync<ArgumentException>(() => expert.EmbedAsync(new[] { 4096 }));
        Assert.Equal(256, (await expert.EmbedAsync(new int[512])).Length);

        Task<float[]> Embed(string text) => expert.EmbedAsync(tokenizer.Encode(text));
        static float Dot(float[] a, float[] b) => a.Zip(b, (x, y) => x * y).Sum();
    }

    [SkippableFact]
    public async Task A_real_instruct_model_answers()
    {
        var path = TestModels.SmolLm();
        await using var expert = await Session.LoadAsync(path);
        using var tokenizer = Mesh.Inference.Tokenizer.ModelTokenizer.Load(path);
        Assert.Equal(tokenizer.Fingerprint, expert.Card.TokenizerFingerprint);
        var answer = await new Session(expert).GreedyAsync(tokenizer.EncodeChat([new("user", "What is the capital of France?")]), 12, tokenizer.EndTokens);
        Assert.Contains("Paris", tokenizer.Decode([.. answer]));
    }
}
