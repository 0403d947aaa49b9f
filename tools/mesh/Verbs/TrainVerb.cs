using System.CommandLine;
using System.Globalization;
using Mesh.Ensemble;
using Mesh.Ensemble.Gating;
using Mesh.Tool.Eval;
using Mesh.Training.Gates;
using Mesh.Training.Scores;
using Spectre.Console;

namespace Mesh.Tool.Verbs;

/// <summary>
/// <c>mesh train gate</c>: fits the learned gate on four texts of five and measures it on those it has not seen. One that is not better there than the evidence
/// alone is not written.
/// </summary>
internal static class TrainVerb
{
    public static Command Create() => new("train", "Fits what the mesh learns from texts.") { Gate() };

    private static Command Gate()
    {
        var command = new Command("gate", "Fits the gate's learned prior: which tokens of a text speak for which expert.");
        var corpus = new Corpus(command);
        var output = new Option<string>("--out") { Description = "The gate file to write.", DefaultValueFactory = _ => Path.Combine("models", "gate.json") };
        var epochs = new Option<int>("--epochs") { Description = "Times that every text is read.", DefaultValueFactory = _ => TrainingPlan.DefaultEpochs };
        var force = new Option<bool>("--force") { Description = "Write it even if it is not better than the evidence alone." };
        Corpus.AtLeast(epochs, 1);
        foreach (var option in new Option[] { output, epochs, force })
            command.Options.Add(option);
        command.SetAction((arguments, cancellationToken) => Faults.ReportAsync(async () =>
        {
            var scores = await corpus.ScoreAsync(arguments, Part.All, Consoles.Error, cancellationToken);
            var (model, plan) = Fit(scores, EvalTexts.HeldOut, arguments.GetValue(epochs), cancellationToken);
            var heldOut = scores.Table.Only(scores.Table.Numbers(fold => fold == EvalTexts.HeldOut));
            var (learned, evidence) = (GateSearch.PerToken(heldOut, () => new LearnedGate(model)), GateSearch.PerToken(heldOut, EvalRows.Evidence));
            var culture = CultureInfo.InvariantCulture;
            var line = string.Create(culture, $"{scores.Table.Texts.Count - heldOut.Texts.Count} windows; on {heldOut.Texts.Count} others {learned:f4} nats a token, the evidence alone {evidence:f4}");
            Consoles.Out.WriteLine(string.Create(culture, $"token decay {plan.TokenDecay}, evidence decay {plan.EvidenceDecay}, weight {model.EvidenceWeight:f2}, penalty {plan.Penalty}: trained on {line}"));
            if (learned >= evidence && !arguments.GetValue(force))
                throw new EvalException("It is not better than the evidence alone, so it is not written; --force writes it.");
            var path = Path.GetFullPath(arguments.GetValue(output)!);
            model.Save(path, line);
            Consoles.Out.WriteLine($"Written: {path}");
        }));
        return command;
    }

    /// <summary>With progress on standard error.</summary>
    internal static (GateModel Model, TrainingPlan Plan) Fit(Corpus.Scores scores, int heldOut, int epochs, CancellationToken cancellationToken) =>
        Consoles.Error.Progress().Start(progress =>
        {
            var task = progress.AddTask($"a gate that has not seen fold {heldOut + 1} of {EvalText.Folds}", maxValue: GateSearch.Settings);
            return GateSearch.Run(scores.Table, heldOut, epochs, scores.Fingerprint, scores.VocabularySize, () => task.Increment(1), cancellationToken);
        });
}
