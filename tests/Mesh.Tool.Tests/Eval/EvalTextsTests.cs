using Mesh.Testing;
using Mesh.Inference.Tokenizer;
using Mesh.Tool.Eval;
using Mesh.Training.Scores;

namespace Mesh.Tool.Tests.Eval;

public sealed class EvalTextsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ModelTokenizer _tokenizer = ModelTokenizer.Load(Samples.Model("generalist"));

    [Fact]
    public void Texts_are_cut_into_windows_behind_the_begin_token_and_nothing_is_lost()
    {
        var text = string.Join(' ', Enumerable.Range(0, 300).Select(i => $"word{i}"));
        _folder.Write("a.jsonl", $$"""{"domain": "a", "text": "{{text}}"}""");
        var windows = EvalTexts.Load(_folder.Path, _tokenizer, window: 64, fold: 0);
        var begin = _tokenizer.Encode("", addSpecial: true);
        Assert.All(windows, w => Assert.True(w.Tokens.Length <= 64 && w.Tokens.AsSpan().StartsWith(begin) && w.Unscored == begin.Length + 1));
        var whole = _tokenizer.Encode(text);
        Assert.Equal(whole[..(whole.Length - whole.Length % (64 - begin.Length))], windows.Where(w => w.Tokens.Length == 64).SelectMany(w => w.Tokens.Skip(begin.Length)));
    }

    [Fact]
    public void Every_fifth_text_is_of_one_fold_and_none_of_two()
    {
        _folder.Write("a.jsonl", string.Join('\n', Enumerable.Range(0, 10).Select(i => $$"""{"domain": "a", "text": "{{new string((char)('a' + i), 400)}}"}""")));
        for (var fold = 0; fold < EvalText.Folds; fold++)
            Assert.Equal([fold, fold + 5], EvalTexts.Load(_folder.Path, _tokenizer, 64, fold).Select(t => t.Source).Distinct());
        Assert.Equal([1], EvalTexts.Load(_folder.Path, _tokenizer, 64, fold: 1, limit: 1).Select(t => t.Source).Distinct());
    }

    [Fact]
    public void Switching_texts_change_domain_at_every_segment_and_use_no_piece_twice()
    {
        // Tokens say where they are from: domain * 1000 + a number of their own.
        var texts = Enumerable.Range(0, 4).SelectMany(d => Enumerable.Range(0, 6 + d).Select(n =>
            Samples.Text($"d{d}", 2 * n, [.. Enumerable.Range(0, 64).Select(i => 1000 * d + 64 * n + i)]))).ToArray();
        var made = EvalTexts.Switch(texts, segment: 16, window: 64, seed: 3);
        Assert.NotEmpty(made);
        Assert.All(made, text =>
        {
            var domains = text.Tokens.Chunk(16).Select(piece => piece.Select(t => t / 1000).Distinct().Single()).ToArray();
            Assert.Equal(4, domains.Length);
            Assert.All(domains.Zip(domains.Skip(1)), pair => Assert.NotEqual(pair.First, pair.Second));
        });
        Assert.Equal(made.Sum(t => t.Tokens.Length), made.SelectMany(t => t.Tokens).Distinct().Count());
        var shares = made.SelectMany(t => t.Tokens).GroupBy(t => t / 1000).Select(g => g.Count()).ToArray();
        Assert.InRange(shares.Max() - shares.Min(), 0, 4 * 16);
        Assert.Equal(made.Select(t => t.Tokens), EvalTexts.Switch(texts, 16, 64, seed: 3).Select(t => t.Tokens));
        Assert.Empty(EvalTexts.Switch([.. texts.Where(t => t.Domain == "d0")], 16, 64, seed: 3));
    }

    [Theory, InlineData("{"), InlineData("[]"), InlineData("{\"domain\": \"a\"}"), InlineData("{\"domain\": 1, \"text\": \"x\"}"), InlineData("{\"domain\": null, \"text\": \"x\"}")]
    public void A_line_that_is_no_text_is_named(string line)
    {
        var path = _folder.Write("bad.jsonl", "{\"domain\": \"a\", \"text\": \"fine\"}\n\n" + line);
        Assert.StartsWith($"{path}:3:", Assert.Throws<EvalException>(() => EvalTexts.Load(_folder.Path, _tokenizer, 64, fold: 0)).Message);
    }

    [Fact]
    public void A_folder_without_texts_is_refused()
    {
        Assert.Throws<EvalException>(() => EvalTexts.Load(_folder.Path, _tokenizer, 64, fold: 0));
        Assert.Throws<EvalException>(() => EvalTexts.Load(Path.Combine(_folder.Path, "absent"), _tokenizer, 64, fold: 0));
    }

    public void Dispose()
    {
        _tokenizer.Dispose();
        _folder.Dispose();
    }
}
