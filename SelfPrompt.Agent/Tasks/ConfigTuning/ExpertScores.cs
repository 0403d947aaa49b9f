using Mesh.Training.Scores;
using SelfPrompt.Agent.Observing;
using SelfPrompt.Agent.Sandboxing;

namespace SelfPrompt.Agent.Tasks.ConfigTuning;

/// <summary>What every expert that is ready gave to every token of the texts: every gate can be tried on it here, and none has to be asked for.</summary>
/// <param name="Texts">Numbers of the texts that are in the table.</param>
internal sealed record ExpertScores(ScoreTable Table, IReadOnlyList<int> Texts, string Tokenizer, int VocabularySize)
{
    /// <summary>Null when there is nothing to choose between.</summary>
    /// <param name="own">How many of the texts are the mesh's own; they come first.</param>
    public static async Task<ExpertScores?> ReadAsync(ISandbox sandbox, MeshObservation seen, IReadOnlyList<string> texts, int own, CancellationToken cancellationToken)
    {
        string[] experts = [.. seen.Experts.Where(e => e.State == "ready").Select(e => e.Id)];
        if (experts.Length < 2)
            return null;
        var counted = new SandboxTokens[texts.Count];
        for (var text = 0; text < texts.Count; text++)
            counted[text] = await sandbox.TokenizeAsync(texts[text], cancellationToken);
        var asked = await Lanes.EachAsync(experts, seen, async expert =>
        {
            var scored = new double[texts.Count][];
            for (var text = 0; text < texts.Count; text++)
                scored[text] = await sandbox.ScoreAsync(texts[text], null, expert, cancellationToken);
            return scored;
        });
        var there = Enumerable.Range(0, experts.Length).Where(e => !IsAway(e)).ToArray();
        if (there.Length < 2)
            return null;
        (experts, asked) = ([.. there.Select(e => experts[e])], [.. there.Select(e => asked[e])]);
        var (read, scores, numbers) = (new List<EvalText>(), new List<double[][]>(), new List<int>());
        SandboxTokens? last = null;
        for (var text = 0; text < texts.Count; text++)
        {
            var tokens = counted[text];
            double[][] all = [.. asked.Select(scored => scored[text])];
            // A text that not all can score, or that is counted otherwise, says nothing of its tokens.
            if (tokens.Tokens.Length < 2 || all.Any(s => s.Length != tokens.Tokens.Length - 1) || (last is not null && last.Tokenizer != tokens.Tokenizer))
                continue;
            read.Add(new("text", text, read.Count % EvalText.Folds, tokens.Tokens, Unscored: 1));
            scores.Add(all);
            numbers.Add(text);
            last = tokens;
        }
        return last is null ? null : new(Tabulate(experts, read, scores), numbers, last.Tokenizer, last.VocabularySize);

        // It has no score of a text of the mesh's own that others read: it went meanwhile, and is left out, not the texts.
        bool IsAway(int expert) => Enumerable.Range(0, own).Any(text => asked[expert][text].Length == 0 && asked.Any(other => other[text].Length > 0));
    }

    /// <summary>Nats a token of each text, from the sums that <see cref="Mixtures"/> makes.</summary>
    public double[] Losses(double[] sums) => [.. sums.Select((sum, i) => -sum / Table.Texts[i].Scored)];

    private static ScoreTable Tabulate(string[] experts, List<EvalText> texts, List<double[][]> scores)
    {
        var table = new ScoreTable(experts, texts);
        for (var text = 0; text < texts.Count; text++)
            for (var expert = 0; expert < experts.Length; expert++)
                scores[text][expert].Select(s => (float)s).ToArray().CopyTo(table.Of(text, expert), 0);
        return table;
    }
}
