using Mesh.Ensemble.Gating;
using Mesh.Ensemble;
using Mesh.Training.Scores;

namespace Mesh.Tool.Eval;

/// <param name="Sums">Log-likelihood of every text of the table, in nats.</param>
internal sealed record EvalRow(string Name, double[] Sums);

/// <summary>What is compared always: every single expert, the uniform mix, the evidence, the trained gate.</summary>
/// <param name="Pairs">A mixture and, for a domain, what it is held against.</param>
internal sealed record EvalRows(IReadOnlyList<EvalRow> All, IReadOnlyList<(string Name, EvalRow Mixture, Func<string, EvalRow> Other)> Pairs)
{
    /// <param name="model">The trained gate of the text of that number: one that has not seen the text.</param>
    /// <param name="k">Experts of the best score that are mixed, in the rows that say so; all of them in the others.</param>
    public static EvalRows Make(ScoreTable table, Func<int, GateModel>? model, int k, int segment)
    {
        var defaults = new EnsembleOptions();
        var everyone = table.Experts.Count;
        var singles = table.Experts.Select((name, i) => new EvalRow(name, Mixtures.Single(table, i))).ToArray();
        var uniform = new EvalRow("uniform mix", Mixtures.Gated(table, _ => new UniformGate(), everyone));
        var evidence = new EvalRow($"evidence (d {defaults.EvidenceDecay}, b {defaults.EvidenceWeight})", Mixtures.Gated(table, _ => Evidence(), everyone));
        var rows = new List<EvalRow>([.. singles, uniform, evidence]);
        if (k < everyone)
            rows.Add(new($"evidence, best {k}", Mixtures.Gated(table, _ => Evidence(), k)));
        EvalRow Best(string domain) => singles.MaxBy(s => Domain(table, s, domain))!;
        var pairs = new List<(string, EvalRow, Func<string, EvalRow>)> { ("uniform mix / best single", uniform, Best), ("evidence / best single", evidence, Best) };
        if (model is not null)
        {
            var learned = new EvalRow("learned prior and evidence", Mixtures.Gated(table, text => new LearnedGate(model(text)), everyone));
            rows.Add(learned);
            if (k < everyone)
                rows.Add(new($"learned prior and evidence, best {k}", Mixtures.Gated(table, text => new LearnedGate(model(text)), k)));
            pairs.AddRange([("learned / best single", rows[^1], Best), ("learned / evidence", learned, _ => evidence), ("learned / uniform mix", learned, _ => uniform)]);
        }
        rows.Add(new($"best expert of every {segment} tokens, in hindsight", Mixtures.Hindsight(table, segment)));
        return new(rows, pairs);
    }

    /// <summary>As the token loop makes it without a trained gate.</summary>
    public static IGate Evidence() => new EvidenceGate(new EnsembleOptions().EvidenceDecay, new EnsembleOptions().EvidenceWeight);

    /// <summary>Log-likelihood of one domain's texts, in nats.</summary>
    public static double Domain(ScoreTable table, EvalRow row, string domain)
    {
        var sum = 0.0;
        for (var text = 0; text < row.Sums.Length; text++)
            if (table.Texts[text].Domain == domain)
                sum += row.Sums[text];
        return sum;
    }
}
