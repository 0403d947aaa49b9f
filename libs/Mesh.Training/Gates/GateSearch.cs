using Mesh.Ensemble.Gating;
using Mesh.Training.Scores;

namespace Mesh.Training.Gates;

/// <summary>Fits a gate on all folds but one: its settings are chosen on another of them, which the candidates have not seen, then it is fitted on all four.</summary>
public static class GateSearch
{
    private static readonly double[] TokenDecays = [0.8, 0.9, 0.95];
    private static readonly double[] EvidenceDecays = [0.8, 0.9, 0.95];
    private static readonly double[] Penalties = [0.003, 0.03, 0.3];

    /// <summary>How many settings are tried.</summary>
    public static int Settings => TokenDecays.Length * EvidenceDecays.Length * Penalties.Length;

    /// <param name="heldOut">The fold that the gate shall not see.</param>
    /// <param name="tried">Called after each of the settings.</param>
    /// <param name="most">Settings tried at the same time; -1: as many as the machine can.</param>
    public static (GateModel Model, TrainingPlan Plan) Run(
        ScoreTable table, int heldOut, int epochs, string tokenizer, int vocabulary, Action tried, CancellationToken cancellationToken, int most = -1)
    {
        var all = table.Numbers(fold => fold != heldOut);
        var validation = table.Numbers(fold => fold == (heldOut + 1) % EvalText.Folds);
        var fit = all.Except(validation).ToArray();
        var plans = (from token in TokenDecays from evidence in EvidenceDecays from penalty in Penalties select new TrainingPlan(token, evidence, penalty, epochs)).ToArray();
        var losses = new double[plans.Length];
        Parallel.For(0, plans.Length, new ParallelOptions { MaxDegreeOfParallelism = most, CancellationToken = cancellationToken }, i =>
        {
            var model = GateTrainer.Run(table, fit, plans[i], tokenizer, vocabulary, cancellationToken);
            losses[i] = PerToken(table.Only(validation), () => new LearnedGate(model));
            tried();
        });
        var plan = plans[Array.IndexOf(losses, losses.Min())];
        return (GateTrainer.Run(table, all, plan, tokenizer, vocabulary, cancellationToken), plan);
    }

    /// <summary>Nats a token, all experts mixed.</summary>
    public static double PerToken(ScoreTable table, Func<IGate> gate) =>
        -Mixtures.Gated(table, _ => gate(), table.Experts.Count).Sum() / Math.Max(1, table.Texts.Sum(t => t.Scored));
}
