using System.CommandLine;
using System.Globalization;
using Mesh.Ensemble;
using Mesh.Ensemble.Gating;
using Mesh.Tool.Eval;
using Mesh.Tool.Train;
using Spectre.Console;

namespace Mesh.Tool.Verbs;

/// <summary>
/// <c>mesh train gate</c>: fits the learned gate on every other text, chooses its settings on a quarter of those, and measures it on the texts it has not seen.
/// One that is not better than the evidence alone is not written.
/// </summary>
internal static class TrainVerb
{
    private static readonly double[] TokenDecays = [0.8, 0.9, 0.95];
    private static readonly double[] EvidenceDecays = [0.8, 0.9, 0.95];
    private static readonly double[] Penalties = [0.003, 0.03, 0.3];

    public static Command Create() => new("train", "Fits what the mesh learns from texts.") { Gate() };

    private static Command Gate()
    {
        var command = new Command("gate", "Fits the gate's learned prior: which tokens of a text speak for which expert.");
        var corpus = new Corpus(command);
        var output = new Option<string>("--out") { Description = "The gate file to write.", DefaultValueFactory = _ => Path.Combine("models", "gate.json") };
        var epochs = new Option<int>("--epochs") { Description = "Times that every text is read.", DefaultValueFactory = _ => 4 };
        var force = new Option<bool>("--force") { Description = "Write it even if it is not better than the evidence alone." };
        Corpus.AtLeast(epochs, 1);
        foreach (var option in new Option[] { output, epochs, force })
            command.Options.Add(option);
        command.SetAction((arguments, cancellationToken) => Faults.ReportAsync(async () =>
        {
            var scores = await corpus.ScoreAsync(arguments, Part.All, Consoles.Error, cancellationToken);
            var parts = Split(scores.Table);
            var plan = Choose(scores, parts.Fit, parts.Validation, arguments.GetValue(epochs), cancellationToken);
            var heldOut = Numbers(scores.Table, t => scores.Table.Texts[t].Part == Part.HeldOut);
            var model = GateTrainer.Run(scores.Table, parts.Train, plan, scores.Fingerprint, scores.VocabularySize, cancellationToken);
            var (learned, evidence) = (PerToken(scores.Table, () => new LearnedGate(model), heldOut), PerToken(scores.Table, Evidence, heldOut));
            var line = string.Create(CultureInfo.InvariantCulture, $"{parts.Train.Count} windows; on {heldOut.Count} others {learned:f4} nats a token, the evidence alone {evidence:f4}");
            Consoles.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"token decay {plan.TokenDecay}, evidence decay {plan.EvidenceDecay}, weight {model.EvidenceWeight:f2}, penalty {plan.Penalty}: trained on {line}"));
            if (learned >= evidence && !arguments.GetValue(force))
                throw new EvalException("It is not better than the evidence alone, so it is not written; --force writes it.");
            var path = Path.GetFullPath(arguments.GetValue(output)!);
            model.Save(path, line);
            Consoles.Out.WriteLine($"Written: {path}");
        }));
        return command;
    }

    private static IGate Evidence() => new EvidenceGate(new EnsembleOptions().EvidenceDecay, new EnsembleOptions().EvidenceWeight);

    private static TrainingPlan Choose(Corpus.Scores scores, IReadOnlyList<int> fit, IReadOnlyList<int> validation, int epochs, CancellationToken cancellationToken)
    {
        var plans = (from token in TokenDecays from evidence in EvidenceDecays from penalty in Penalties select new TrainingPlan(token, evidence, penalty, epochs)).ToArray();
        var losses = new double[plans.Length];
        Consoles.Error.Progress().Start(progress =>
        {
            var task = progress.AddTask($"{plans.Length} settings", maxValue: plans.Length);
            Parallel.For(0, plans.Length, new ParallelOptions { CancellationToken = cancellationToken }, i =>
            {
                var model = GateTrainer.Run(scores.Table, fit, plans[i], scores.Fingerprint, scores.VocabularySize, cancellationToken);
                losses[i] = PerToken(scores.Table, () => new LearnedGate(model), validation);
                task.Increment(1);
            });
        });
        return plans[Array.IndexOf(losses, losses.Min())];
    }

    /// <summary>Half of the texts are never seen; of the others each fourth is for choosing. Switching windows were made from one part each.</summary>
    private static (List<int> Train, List<int> Fit, List<int> Validation) Split(ScoreTable table)
    {
        var train = Numbers(table, t => table.Texts[t].Part == Part.Train);
        var validation = train.Where(t => Math.Abs(table.Texts[t].Source) / 2 % 4 == 3).ToList();
        return (train, [.. train.Except(validation)], validation);
    }

    private static List<int> Numbers(ScoreTable table, Func<int, bool> which) => [.. Enumerable.Range(0, table.Texts.Count).Where(which)];

    private static double PerToken(ScoreTable table, Func<IGate> gate, IReadOnlyList<int> texts)
    {
        var part = table.Only(texts);
        return -Mixtures.Gated(part, gate, part.Experts.Count).Sum() / part.Texts.Sum(t => t.Scored);
    }
}
