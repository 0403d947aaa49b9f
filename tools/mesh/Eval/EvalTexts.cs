using System.Text.Json;
using Mesh.Inference.Tokenizer;
using Mesh.Training.Scores;

namespace Mesh.Tool.Eval;

/// <summary>Which texts: the shipped gate is trained on four of five and measured on the fifth.</summary>
internal enum Part
{
    HeldOut,
    Train,
    All,
}

/// <summary>Texts to measure with: <c>*.jsonl</c>, <c>{"domain", "text"}</c> a line.</summary>
internal static class EvalTexts
{
    /// <summary>The domain's name of texts that change domain every few tokens.</summary>
    public const string Switching = "switching";

    /// <summary>The fold that the shipped gate has not seen.</summary>
    public const int HeldOut = 0;

    /// <summary>A last window with fewer tokens than this is left out.</summary>
    private const int LeastTokens = 16;

    private const int MostBytes = 64 << 20;

    /// <summary>Every text of a fold cut into windows, one after the other.</summary>
    /// <param name="window">Tokens of a window.</param>
    /// <param name="limit">Most texts of each domain; 0 is no limit.</param>
    /// <exception cref="EvalException">A file is missing or malformed; the message names it and the line.</exception>
    public static IReadOnlyList<EvalText> Load(string folder, ModelTokenizer tokenizer, int window, int fold, int limit = 0)
    {
        if (!Directory.Exists(folder))
            throw new EvalException($"The folder '{folder}' does not exist; --texts names one with .jsonl files.");
        int[] begin = tokenizer.Encode("", addSpecial: true);
        var texts = new List<EvalText>();
        var (number, perDomain) = (0, new Dictionary<string, int>());
        foreach (var (domain, text) in Directory.GetFiles(folder, "*.jsonl").Order(StringComparer.Ordinal).SelectMany(Read))
        {
            var source = number++;
            if (source % EvalText.Folds != fold)
                continue;
            perDomain[domain] = perDomain.GetValueOrDefault(domain) + 1;
            if (limit > 0 && perDomain[domain] > limit)
                continue;
            foreach (var piece in tokenizer.Encode(text, addSpecial: false, parseSpecial: true).Chunk(window - begin.Length))
                if (piece.Length >= LeastTokens)
                    texts.Add(new(domain, source, fold, [.. begin, .. piece], begin.Length + 1));
        }
        return number > 0 ? texts : throw new EvalException($"The folder '{folder}' holds no text.");
    }

    /// <summary>Windows of one fold's texts of which every <paramref name="segment"/> tokens come from another domain than those before; each piece is used once, all domains equally often.</summary>
    public static IReadOnlyList<EvalText> Switch(IReadOnlyList<EvalText> texts, int segment, int window, int seed)
    {
        var random = new Random(seed);
        var begin = texts[0].Tokens[..(texts[0].Unscored - 1)];
        var pieces = texts.GroupBy(t => t.Domain).Select(domain =>
        {
            var all = domain.SelectMany(t => t.Tokens.Skip(begin.Length).Chunk(segment)).Where(p => p.Length == segment).ToArray();
            random.Shuffle(all);
            return all;
        }).ToArray();
        if (pieces.Length < 2)
            return [];
        var fewest = pieces.Min(p => p.Length);
        var queues = pieces.Select(p => new Queue<int[]>(p.Take(fewest))).ToArray();
        var made = new List<EvalText>();
        Queue<int[]>? last = null;
        while (true)
        {
            var tokens = new List<int>(begin);
            while (tokens.Count + segment <= window)
            {
                // The fullest, so that no domain runs out before the others; chance among equals.
                if (queues.Where(q => q != last && q.Count > 0).OrderByDescending(q => q.Count).ThenBy(_ => random.Next()).FirstOrDefault() is not { } next)
                    return made;
                tokens.AddRange(next.Dequeue());
                last = next;
            }
            made.Add(new(Switching, -1 - (EvalText.Folds * made.Count) - texts[0].Fold, texts[0].Fold, [.. tokens], begin.Length + 1));
        }
    }

    private static IEnumerable<(string Domain, string Text)> Read(string file)
    {
        if (new FileInfo(file).Length > MostBytes)
            throw new EvalException($"'{file}' is over {MostBytes >> 20} MiB.");
        var number = 0;
        foreach (var line in File.ReadLines(file))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
                yield return Parse(file, number, line);
        }
    }

    private static (string, string) Parse(string file, int number, string line)
    {
        try
        {
            using var entry = JsonDocument.Parse(line);
            if (entry.RootElement.GetProperty("domain").GetString() is { Length: > 0 } domain && entry.RootElement.GetProperty("text").GetString() is { } text)
                return (domain, text);
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException)
        {
        }
        throw new EvalException($"{file}:{number}: not an object with the strings \"domain\" and \"text\".");
    }
}

/// <summary>The measurement cannot be made; the message says why and is for the user.</summary>
internal sealed class EvalException(string message) : Exception(message);
