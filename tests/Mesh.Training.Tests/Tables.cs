using Mesh.Training.Scores;

namespace Mesh.Training.Tests;

/// <summary>Small tables made by hand.</summary>
internal static class Tables
{
    public static EvalText Text(string domain, int source, int[] tokens) => new(domain, source, source % EvalText.Folds, tokens, Unscored: 1);

    /// <summary>
    /// Two experts, two domains: even tokens are the first domain's, odd ones the second's; each expert gives 1/2 to a token of its own domain and 1/16 to another's.
    /// </summary>
    public static ScoreTable TwoDomains(int texts, int tokens)
    {
        var random = new Random(5);
        var all = Enumerable.Range(0, texts).Select(n => Text(n / 2 % 2 == 0 ? "even" : "odd", n, [.. Enumerable.Range(0, tokens).Select(_ => 2 * random.Next(4) + n / 2 % 2)])).ToArray();
        var table = new ScoreTable(["first", "second"], all);
        for (var text = 0; text < texts; text++)
            for (var expert = 0; expert < 2; expert++)
                for (var at = 0; at < all[text].Scored; at++)
                    table.Of(text, expert)[at] = MathF.Log(all[text].Tokens[at + 1] % 2 == expert ? 1 / 2f : 1 / 16f);
        return table;
    }
}
