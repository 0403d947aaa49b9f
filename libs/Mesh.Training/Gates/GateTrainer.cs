using Mesh.Ensemble.Gating;
using Mesh.Training.Scores;

namespace Mesh.Training.Gates;

/// <param name="TokenDecay">Share of what a token said that is left after one more.</param>
/// <param name="EvidenceDecay">The same of the evidence.</param>
/// <param name="Penalty">L2 penalty of a token's weights, per text in which it occurs.</param>
/// <param name="Epochs">Times that every text is read.</param>
public sealed record TrainingPlan(double TokenDecay, double EvidenceDecay, double Penalty, int Epochs)
{
    public const int DefaultEpochs = 4;
}

/// <summary>
/// Fits the linear gate: gradient ascent on the mixture's log-likelihood of the texts, <c>d log sum_i w_i p_i / d score_i = r_i - w_i</c> with <c>r</c> the
/// experts' posterior responsibilities for the token (Jordan and Jacobs 1994), step sizes by AdaGrad (Duchi et al. 2011). All experts are mixed, whatever K is.
/// </summary>
public sealed class GateTrainer
{
    private const double Rate = 0.03;
    private const double ScalarRate = 0.05;
    private readonly ScoreTable _table;
    private readonly TrainingPlan _plan;
    private readonly int _experts;
    private readonly double[] _weights, _squares, _biases, _biasSquares;
    private double _evidenceWeight = 0.7, _evidenceSquare;

    private GateTrainer(ScoreTable table, TrainingPlan plan, int vocabulary)
    {
        (_table, _plan, _experts) = (table, plan, table.Experts.Count);
        (_weights, _squares) = (new double[vocabulary * _experts], new double[vocabulary * _experts]);
        (_biases, _biasSquares) = (new double[_experts], new double[_experts]);
    }

    /// <param name="texts">Numbers of the table's texts to learn from.</param>
    public static GateModel Run(ScoreTable table, IReadOnlyList<int> texts, TrainingPlan plan, string tokenizer, int vocabulary, CancellationToken cancellationToken)
    {
        var trainer = new GateTrainer(table, plan, vocabulary);
        var random = new Random(1);
        int[] order = [.. texts];
        for (var epoch = 0; epoch < plan.Epochs; epoch++)
        {
            random.Shuffle(order);
            foreach (var text in order)
            {
                cancellationToken.ThrowIfCancellationRequested();
                trainer.Learn(text);
            }
        }
        return trainer.Model(tokenizer);
    }

    private void Learn(int number)
    {
        var text = _table.Texts[number];
        var gradients = new double[text.Scored * _experts];
        var biases = new double[_experts];
        var evidenceGradient = Forward(number, text, gradients, biases);
        Backward(text, gradients);
        for (var i = 0; i < _experts; i++)
            Ascend(ref _biases[i], ref _biasSquares[i], biases[i], ScalarRate);
        Ascend(ref _evidenceWeight, ref _evidenceSquare, evidenceGradient, ScalarRate);
        _evidenceWeight = Math.Clamp(_evidenceWeight, 0, 10);
    }

    /// <summary>Gradients of the scores at every scored token; of the biases and, returned, of the evidence's weight, summed over the text.</summary>
    private double Forward(int number, EvalText text, double[] gradients, double[] biases)
    {
        var (sums, evidence, scores, weights) = (new double[_experts], new double[_experts], new double[_experts], new float[_experts]);
        var total = 0.0;
        foreach (var token in text.Tokens.AsSpan(0, text.Unscored - 1))
            Read(token, sums);
        for (var at = 0; at < text.Scored; at++)
        {
            Read(text.Tokens[text.Unscored + at - 1], sums);
            for (var i = 0; i < _experts; i++)
                scores[i] = _biases[i] + sums[i] + _evidenceWeight * evidence[i];
            Softmax.Weights(scores, weights);
            var mixture = 0.0;
            for (var i = 0; i < _experts; i++)
                mixture += weights[i] * Math.Exp(_table.Of(number, i)[at]);
            var log = Math.Log(Math.Max(mixture, double.Epsilon));
            for (var i = 0; i < _experts; i++)
            {
                var score = _table.Of(number, i)[at];
                var gradient = weights[i] * (Math.Exp(score - log) - 1);
                gradients[at * _experts + i] = gradient;
                biases[i] += gradient;
                total += gradient * evidence[i];
                evidence[i] = _plan.EvidenceDecay * evidence[i] + Math.Clamp(score - log, -EvidenceGate.MostAdvantage, EvidenceGate.MostAdvantage);
            }
        }
        return total;
    }

    private void Read(int token, double[] sums)
    {
        for (var i = 0; i < _experts; i++)
            sums[i] = _plan.TokenDecay * sums[i] + _weights[token * _experts + i];
    }

    /// <summary>A token's weights counted, decaying, in all scores after it: its gradient is theirs, decayed backwards.</summary>
    private void Backward(EvalText text, double[] gradients)
    {
        var sums = new double[_experts];
        for (var position = text.Tokens.Length - 2; position >= 0; position--)
        {
            var at = position + 1 - text.Unscored;
            for (var i = 0; i < _experts; i++)
            {
                sums[i] = _plan.TokenDecay * sums[i] + (at >= 0 ? gradients[at * _experts + i] : 0);
                var cell = text.Tokens[position] * _experts + i;
                Ascend(ref _weights[cell], ref _squares[cell], sums[i] - _plan.Penalty * _weights[cell], Rate);
            }
        }
    }

    private static void Ascend(ref double value, ref double squares, double gradient, double rate)
    {
        squares += gradient * gradient;
        value += rate * gradient / Math.Sqrt(squares + 1e-8);
    }

    /// <summary>Centred: an expert that the gate does not know stands at the mean of those it knows.</summary>
    private GateModel Model(string tokenizer)
    {
        var weights = new float[_weights.Length];
        for (var row = 0; row < weights.Length; row += _experts)
        {
            var mean = _weights.AsSpan(row, _experts).ToArray().Average();
            for (var i = 0; i < _experts; i++)
                weights[row + i] = (float)Math.Clamp(_weights[row + i] - mean, -GateModel.MostWeight, GateModel.MostWeight);
        }
        var bias = _biases.Average();
        return new(tokenizer, _table.Experts, weights, [.. _biases.Select(b => (float)(b - bias))], _plan.TokenDecay, _plan.EvidenceDecay, _evidenceWeight);
    }
}
