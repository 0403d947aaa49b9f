using Mesh.Contracts.Experts;
using Mesh.Contracts.Observations;
using Mesh.Ensemble.TokenLoop;
using Router.Api.Generation;

namespace Router.Api.Observations;

/// <summary>One answer to a user in the making: what is seen of it goes to its session, and to the window.</summary>
internal sealed class AnswerObserver(ObservationWindow window, Completion completion, Choice choice, TimeProvider time) : IGenerationObserver
{
    private readonly long _begun = time.GetTimestamp();
    private readonly List<int> _tokens = [];   // the first ones, where texts are kept
    private bool _isFirst = true;

    public void OnPrompt(double sum, int tokens) => completion.Session.OnPrompt(sum, tokens);

    public void OnRound(TimeSpan elapsed, int tokens)
    {
        completion.Session.OnRound(elapsed, tokens);
        window.OnRound(elapsed, tokens, _isFirst);
        if (_isFirst)
            window.OnFirstToken(time.GetElapsedTime(_begun));
        _isFirst = false;
    }

    public void OnVote(ExpertId expert, float weight, TimeSpan? answered, int tokens) => window.OnVote(expert, weight, answered, tokens);

    public void OnExpert(ExpertId expert, double sum, int tokens) => completion.Session.OnExpert(expert, sum, tokens);

    public void OnToken(in TokenEvent token)
    {
        if (window.KeepsTexts && token.Finish != FinishReason.Stop && _tokens.Count < RouterObservations.MostText)
            _tokens.Add(token.Token);
        if (choice.Finish != FinishReason.None)
            window.OnAnswer(completion.Id, completion.Tokenizer, completion.PromptOf(choice), System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_tokens), choice.MeanLogProbability, choice.Drawn);
    }
}
