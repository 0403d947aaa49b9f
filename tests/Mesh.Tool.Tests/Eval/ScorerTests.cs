using Mesh.Testing;
using Mesh.Contracts.Experts;
using Mesh.Inference.Tokenizer;
using Mesh.Tool.Eval;
using Mesh.Training.Scores;

namespace Mesh.Tool.Tests.Eval;

/// <summary>With embedded models.</summary>
public sealed class ScorerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static readonly ExpertSpec[] Specs =
        [.. new[] { "arithmetic", "scripture" }.Select(name => new ExpertSpec { Id = ExpertId.Parse(name), ModelPath = Samples.Model(name), Threads = 1 })];

    [Fact]
    public async Task Each_expert_is_best_at_what_it_has_learned_and_nothing_is_read_twice()
    {
        _folder.Write("a.jsonl", """
            {"domain": "sums", "text": "<|im_start|>user\nWhat is 17 + 25?<|im_end|>\n<|im_start|>assistant\n17 + 25 = 42<|im_end|>\n"}
            {"domain": "verse", "text": "And God said unto Noah, This is the token of the covenant, which I have established between me and all flesh."}
            """);
        using var tokenizer = ModelTokenizer.Load(Specs[0].ModelPath);
        EvalText[] texts = [.. EvalTexts.Load(_folder.Path, tokenizer, 256, fold: 0), .. EvalTexts.Load(_folder.Path, tokenizer, 256, fold: 1)];
        var scorer = new Scorer(Path.Combine(_folder.Path, "cache"));
        var tokens = 0;
        var table = await scorer.RunAsync(Specs, texts, (_, more) => Interlocked.Add(ref tokens, more), CancellationToken.None);
        Assert.Equal(2 * texts.Sum(t => t.Tokens.Length), tokens);
        Assert.True(table.Of(0, 0).Sum() > table.Of(0, 1).Sum());
        Assert.True(table.Of(1, 1).Sum() > table.Of(1, 0).Sum());
        Assert.Equal(4, Directory.GetFiles(Path.Combine(_folder.Path, "cache")).Length);

        var written = Directory.GetLastWriteTimeUtc(Path.Combine(_folder.Path, "cache"));
        var again = await scorer.RunAsync(Specs, texts, (_, _) => { }, CancellationToken.None);
        Assert.Equal(table.Of(1, 1), again.Of(1, 1));
        Assert.Equal(written, Directory.GetLastWriteTimeUtc(Path.Combine(_folder.Path, "cache")));
    }

    [Fact]
    public async Task A_window_beyond_the_context_is_refused_with_a_hint()
    {
        var text = new EvalText("a", 0, 0, [.. Enumerable.Range(0, 600).Select(i => 20 + i)], 1);
        var fault = await Assert.ThrowsAsync<EvalException>(() => new Scorer(null).RunAsync([Specs[0]], [text], (_, _) => { }, CancellationToken.None));
        Assert.Contains("--window", fault.Message);
    }

    public void Dispose() => _folder.Dispose();
}
