using Mesh.Contracts.Experts;

namespace Mesh.Ensemble.TokenLoop;

/// <summary>Is told how one generation goes, by the token loop itself: what it does must be quick and must not throw.</summary>
public interface IGenerationObserver
{
    /// <summary>The mixture's log-probabilities of those of the prompt's tokens that the experts were asked for.</summary>
    void OnPrompt(double sum, int tokens);

    /// <summary>A round has ended, with one token or several.</summary>
    void OnRound(TimeSpan elapsed, int tokens);

    /// <summary>After a round, for every expert that was asked and could have been awaited.</summary>
    /// <param name="weight">Its share of the mixture.</param>
    /// <param name="answered">How long its answer took; null: the tokens were drawn without it.</param>
    /// <param name="tokens">The round's.</param>
    void OnVote(ExpertId expert, float weight, TimeSpan? answered, int tokens);

    /// <summary>At the end, for every expert that scored tokens of the text: by how much it foresaw them better than the mixture, in nats.</summary>
    void OnExpert(ExpertId expert, double sum, int tokens);
}
