using System.Text.Json;
using Mesh.Bench.Running;
using Mesh.Inference.Sparse;
using Mesh.Inference.Tokenizer;

namespace Mesh.Bench.Bytes;

/// <summary>(c): how much an expert says of a token, and what leaving the improbable to the tail costs in quality.</summary>
internal static class BytesBench
{
    public const string Help = """
        Bytes of an expert's answer to a plain step (frame, head, one score, one distribution) with the floor of 0.04 % under which tokens go to the tail, and without:
        all six embedded experts on texts of the five domains of ../shared/eval, and 1,000 synthetic rows of 128,256 logits. A synthetic row is
        p(rank) ~ (1 + rank)^-a with a drawn from 1 to 3 for each row, half a nat of normal noise on every logit, ranks given to ids at random.
        Then perplexity of the uniform mix of the six on the same texts: of the exact distributions, and of the quantised ones with and without the floor.
        texts: 1 to 80 of each domain, 6 unless given; the first 256 tokens of each. Aims: mean <= 300, max < 1,100.
        """;

    private const int MostTokens = 256, SyntheticRows = 1000, SyntheticVocabulary = 128_256;
    private static readonly string[] Domains = ["scripture", "lexicon", "unix", "code", "arithmetic"];

    public static Task<int> RunAsync(string[] arguments)
    {
        var texts = arguments.Number(0, "texts", 1, 80, 6);
        var folder = Path.Combine(Models.Shared, "eval");
        Console.WriteLine("| answers | floor | bytes, mean | p99 | max | entries, mean | tail mass, mean |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- |");
        if (Directory.Exists(folder))
            Embedded(folder, texts);
        else
            Console.Error.WriteLine($"No texts: {folder} is absent, so the embedded vocabulary is left out.");
        Synthetic();
        if (_perplexities is { } table)
            Console.Write(table);
        Aim.Print();
        return Task.FromResult(0);
    }

    private static string? _perplexities;

    private static void Embedded(string folder, int texts)
    {
        var files = Directory.GetFiles(Models.Embedded, "*.gguf").Order(StringComparer.Ordinal).ToArray();
        using var tokenizer = ModelTokenizer.Load(files[0]);
        var experts = files.Select(f => new ExpertRows(f, MostTokens)).ToArray();
        var (with, without) = (new AnswerSize(TopTokens.Floor), new AnswerSize(0));
        var quality = new MixQuality(experts[0].Vocabulary, experts.Length);
        foreach (var domain in Domains)
        {
            var lines = File.ReadLines(Path.Combine(folder, $"{domain}.jsonl")).Take(texts).ToArray();
            for (var n = 0; n < lines.Length; n++)
            {
                Progress.Say($"{domain}: text {n + 1} of {lines.Length}");
                using var line = JsonDocument.Parse(lines[n]);
                var tokens = tokenizer.Encode(line.RootElement.GetProperty("text").GetString()!, addSpecial: true, parseSpecial: true);
                tokens = tokens[..Math.Min(tokens.Length, MostTokens)];
                quality.Begin(domain, tokens);
                for (var e = 0; e < experts.Length; e++)
                {
                    experts[e].Decode(tokens);
                    for (var i = 0; i < tokens.Length - 1; i++)
                    {
                        var row = experts[e].Row(i);
                        var logSumExp = RowReduction.LogSumExp(row, out var max);
                        quality.Add(e, i, row[tokens[i + 1]] - logSumExp, with.Send(row, max, logSumExp), without.Send(row, max, logSumExp));
                    }
                }
                quality.End();
            }
        }
        foreach (var expert in experts)
            expert.Dispose();
        Console.WriteLine($"| embedded, 4,096 tokens, {experts.Length} experts | {TopTokens.Floor * 100:0.00} % | {with.Columns} |");
        Console.WriteLine($"| embedded | none | {without.Columns} |");
        Aim.AtMost("(c) embedded vocabulary, mean bytes", 300, with.Mean, "0");
        Aim.AtMost("(c) embedded vocabulary, most bytes", 1099, with.Most, "0");
        _perplexities = quality.Table(Domains);
    }

    private static void Synthetic()
    {
        var random = new Random(1);
        var row = new float[SyntheticVocabulary];
        var ids = Enumerable.Range(0, SyntheticVocabulary).ToArray();
        var (with, without) = (new AnswerSize(TopTokens.Floor), new AnswerSize(0));
        for (var n = 0; n < SyntheticRows; n++)
        {
            if (n % 250 == 0)
                Progress.Say($"synthetic: row {n} of {SyntheticRows}");
            random.Shuffle(ids);
            var exponent = 1 + 2 * random.NextDouble();
            for (var rank = 0; rank < ids.Length; rank++)
                row[ids[rank]] = (float)(-exponent * Math.Log(1 + rank) + 0.5 * Normal(random));
            var logSumExp = RowReduction.LogSumExp(row, out var max);
            with.Send(row, max, logSumExp);
            without.Send(row, max, logSumExp);
        }
        Console.WriteLine($"| synthetic, 128,256 tokens | {TopTokens.Floor * 100:0.00} % | {with.Columns} |");
        Console.WriteLine($"| synthetic | none | {without.Columns} |");
        Aim.AtMost("(c) 128,256 tokens, mean bytes", 300, with.Mean, "0");
        Aim.AtMost("(c) 128,256 tokens, most bytes", 1099, with.Most, "0");
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
