using System.CommandLine;
using System.Globalization;
using Mesh.Ensemble;
using Mesh.Ensemble.Gating;
using Mesh.Tool.Eval;
using Mesh.Training.Gates;
using Mesh.Training.Scores;
using Spectre.Console;

namespace Mesh.Tool.Verbs;

/// <summary><c>mesh eval</c>: perplexity per domain of every expert and of every way to mix them. The table goes to standard output, progress to standard error.</summary>
internal static class EvalVerb
{
    public static Command Create()
    {
        var command = new Command("eval", "Perplexity per domain, and on texts that change domain, of every expert and every way to mix them.");
        var corpus = new Corpus(command);
        var gate = new Option<string>("--gate") { Description = "Gate file of `mesh train gate`; left out when it is not there.", DefaultValueFactory = _ => Path.Combine("models", "gate.json") };
        var part = new Option<Part>("--part") { Description = "Which texts: those the gate file was not trained on, or all: then each fifth is measured with a gate fitted on the other four.", DefaultValueFactory = _ => Part.HeldOut };
        var k = new Option<int>("--k") { Description = "Experts mixed for a token in the rows that say so.", DefaultValueFactory = _ => new EnsembleOptions().K };
        var samples = new Option<int>("--samples") { Description = "Bootstrap samples of the 95 % intervals.", DefaultValueFactory = _ => 1000 };
        Corpus.AtLeast(k, 1);
        Corpus.AtLeast(samples, 0);
        foreach (var option in new Option[] { gate, part, k, samples })
            command.Options.Add(option);
        command.SetAction((arguments, cancellationToken) => Faults.ReportAsync(async () =>
        {
            var model = File.Exists(arguments.GetValue(gate)) ? GateModel.Load(arguments.GetValue(gate)!) : null;
            var scores = await corpus.ScoreAsync(arguments, arguments.GetValue(part), Consoles.Error, cancellationToken);
            if (model is not null && model.Tokenizer != scores.Fingerprint)
                throw new EvalException($"'{arguments.GetValue(gate)}' was trained for another tokenizer than these experts have.");
            var rows = EvalRows.Make(scores.Table, ModelOf(scores, model, arguments.GetValue(part), cancellationToken), arguments.GetValue(k), corpus.Segment(arguments));
            Print(rows, scores.Table, arguments.GetValue(samples));
        }));
        return command;
    }

    /// <summary>The gate for a text, never one that has seen it.</summary>
    private static Func<int, GateModel>? ModelOf(Corpus.Scores scores, GateModel? file, Part part, CancellationToken cancellationToken)
    {
        if (part == Part.HeldOut)
            return file is null ? null : _ => file;
        if (part == Part.Train)
            return null;
        GateModel[] models = [.. Enumerable.Range(0, EvalText.Folds).Select(fold => TrainVerb.Fit(scores, fold, TrainingPlan.DefaultEpochs, cancellationToken).Model)];
        return text => models[scores.Table.Texts[text].Fold];
    }

    private static void Print(EvalRows rows, ScoreTable table, int samples)
    {
        var columns = table.Texts.Select(t => t.Domain).Distinct().Select(d => (Name: d, Bootstrap: new Bootstrap(table.Texts, d, samples, seed: 1))).ToArray();
        var perplexities = Consoles.Table("perplexity [95 % interval]", columns.Select(c => $"{c.Name}\n{c.Bootstrap.Tokens:n0} tokens"));
        foreach (var row in rows.All)
            perplexities.AddRow([Markup.Escape(row.Name), .. columns.Select(c => Cell(c.Bootstrap.Perplexity(row.Sums), "f2"))]);
        Consoles.Out.Write(perplexities);
        var ratios = Consoles.Table("ratio of perplexities, paired", columns.Select(c => c.Name));
        foreach (var (name, mixture, other) in rows.Pairs)
            ratios.AddRow([name, .. columns.Select(c => Cell(c.Bootstrap.Ratio(mixture.Sums, other(c.Name).Sums), "f3"))]);
        Consoles.Out.Write(ratios);
    }

    private static string Cell(Estimate estimate, string format)
    {
        var culture = CultureInfo.InvariantCulture;
        return Markup.Escape($"{estimate.Value.ToString(format, culture)} [{estimate.Low.ToString(format, culture)}, {estimate.High.ToString(format, culture)}]");
    }
}
