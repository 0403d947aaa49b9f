using Mesh.Contracts.Experts;

namespace Mesh.Ensemble.Gating;

/// <summary>
/// How much each expert counts in one session. Experts are numbered in the order they were added. Scores are natural logarithms: the weights are their
/// softmax over the experts that take part in a token. Not safe for concurrent use.
/// </summary>
public interface IGate
{
    int Experts { get; }

    /// <summary>An expert joins; returns its number. It begins as good as the mixture.</summary>
    /// <param name="prior">What is known of it before the session's first token, in nats; 0 is neutral.</param>
    int Add(ExpertId expert, double prior = 0);

    /// <summary>One more token is part of the text, the prompt's tokens included: what is known of the older ones counts less.</summary>
    void Advance(int token);

    /// <summary>An expert's log-probability of a token of the text has become known. A token never observed counts as 0: as good as the mixture.</summary>
    /// <param name="age">Tokens that came after it, 0 for the newest.</param>
    /// <param name="advantage">The expert's log-probability of the token minus the mixture's, in nats, finite.</param>
    void Observe(int expert, int age, double advantage);

    /// <summary>What <see cref="Observe"/> would add to a score, in nats.</summary>
    double Gain(int age, double advantage);

    /// <summary>Finite; the higher the better.</summary>
    double Score(int expert);

    /// <summary>For how many of the newest tokens a log-probability still makes a difference; 0 asks for none.</summary>
    int Memory { get; }
}

/// <summary>Weights from scores.</summary>
public static class Softmax
{
    /// <summary>Positive weights of sum 1, whatever finite scores come in.</summary>
    public static void Weights(ReadOnlySpan<double> scores, Span<float> weights)
    {
        var max = double.NegativeInfinity;
        foreach (var score in scores)
            max = Math.Max(max, score);
        var sum = 0.0;
        foreach (var score in scores)
            sum += Math.Exp(score - max);
        for (var i = 0; i < scores.Length; i++)
            weights[i] = (float)(Math.Exp(scores[i] - max) / sum);
    }
}
