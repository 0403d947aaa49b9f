using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Mesh.Ensemble;
using Mesh.Ensemble.Experts;
using Mesh.Ensemble.Gating;
using Mesh.Ensemble.Mixing;
using Mesh.Ensemble.TokenLoop;
using Router.Api.Errors;
using Router.Api.Governance.Routing;

namespace Router.Api.Completions;

/// <summary>
/// The mixture's log-probability of every token of a prompt, exact for the arithmetic mix: each expert scores the whole prompt in one step, then the
/// gate is run over it, with the K best of every token; one of the last token's keeps its place as in the token loop. Fatigue and exploration, which go with
/// the time of a round, do not count here; the step counts in the expert's load.
/// </summary>
internal sealed class PromptScorer(TimeProvider time)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>One for each token; the first, which nothing precedes, is NaN.</summary>
    /// <exception cref="ApiException">The mix is geometric, which needs whole distributions.</exception>
    /// <exception cref="NoExpertException">None answered.</exception>
    /// <exception cref="ContextLengthException">The prompt is longer than the window of an expert.</exception>
    public async Task<float[]> ScoreAsync(int[] prompt, MeshSession session, CancellationToken cancellationToken)
    {
        var (ensemble, model, peers) = (session.Current.Options, session.Current.GateModel, session.Peers.ToArray());
        if (ensemble.Mix == MixMode.Geometric && peers.Length > 1)
            throw ApiErrors.Unsupported("logprobs", "Unsupported value: 'logprobs' with 'echo' needs the arithmetic mix, since an expert scores a prompt without its whole distributions. "
                + "Send 'mesh': {'mix': 'arithmetic'}, name one expert as 'model', or set Mesh__Ensemble__Mix=Arithmetic.");
        var room = peers.Select(p => p.Card.ContextLength).DefaultIfEmpty(int.MaxValue).Min();
        if (prompt.Length > room)
            throw new ContextLengthException(prompt.Length, room);
        using var deadline = new CancellationTokenSource(Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var answers = await Task.WhenAll(peers.Select(p => AskAsync(p, prompt, either.Token)));
        cancellationToken.ThrowIfCancellationRequested();
        var gate = Gates.Create(ensemble, model, peers.FirstOrDefault()?.Card.TokenizerFingerprint);
        var scores = new List<float[]>();
        for (var i = 0; i < peers.Length; i++)
        {
            if (answers[i] is not { } answer)
                continue;
            gate.Add(peers[i].Id, PriorOf(session.Current.Prior, prompt, peers[i]));
            scores.Add(answer);
        }
        return scores.Count > 0 ? Mix(scores, prompt, gate, ensemble) : throw new NoExpertException("No expert could score the prompt.");
    }

    /// <summary>Null when the expert's answer cannot be used.</summary>
    private async Task<float[]?> AskAsync(ExpertPeer peer, int[] prompt, CancellationToken cancellationToken)
    {
        var session = SessionId.New();
        var (request, reply) = (new StepRequest(), new StepReply());
        request.Reset(session, turn: 1, position: 0);
        request.Append(prompt);
        request.Scores = prompt.Length - 1;
        try
        {
            using (peer.Load.Begin(time))
                await peer.Channel.StepAsync(request, reply, cancellationToken);
            return reply.Status == StepStatus.Ok && reply.ScoreCount == request.Scores && AnswerCheck.Fault(request, reply, peer.Card.VocabularySize) is null ? reply.Scores.ToArray() : null;
        }
        catch (Exception e) when (e is ExpertUnreachableException or OperationCanceledException)
        {
            return null;
        }
        finally
        {
            peer.Channel.Release(session);
        }
    }

    private static double PriorOf(IGatePrior? prior, int[] prompt, ExpertPeer peer)
    {
        Span<double> score = [0];
        prior?.Add(prompt, [peer], score);
        return double.IsFinite(score[0]) ? score[0] : 0;
    }

    private static float[] Mix(List<float[]> scores, int[] prompt, IGate gate, EnsembleOptions ensemble)
    {
        int[] best = [];
        var mixed = new float[prompt.Length];
        mixed[0] = float.NaN;
        gate.Advance(prompt[0]);
        for (var at = 1; at < prompt.Length; at++)
        {
            var last = best;
            best = [.. Enumerable.Range(0, scores.Count).OrderByDescending(i => gate.Score(i) + (last.Contains(i) ? ensemble.Hysteresis : 0)).Take(ensemble.K)];
            var weights = new float[best.Length];
            Softmax.Weights([.. best.Select(gate.Score)], weights);
            var probability = 0.0;
            for (var i = 0; i < best.Length; i++)
                probability += weights[i] * Math.Exp(scores[best[i]][at - 1]);
            var log = Math.Log(Math.Max(probability, double.Epsilon));
            mixed[at] = (float)log;
            gate.Advance(prompt[at]);
            for (var expert = 0; expert < scores.Count; expert++)
                gate.Observe(expert, age: 0, scores[expert][at - 1] - log);
        }
        return mixed;
    }
}
