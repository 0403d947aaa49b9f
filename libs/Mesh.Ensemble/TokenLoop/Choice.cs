using Mesh.Contracts.Steps;
using Mesh.Ensemble.Gating;
using Mesh.Ensemble.Mixing;
using Mesh.Ensemble.Sampling;

namespace Mesh.Ensemble.TokenLoop;

/// <summary>
/// From the answers of a round to its tokens. A draft is accepted where it is the very token that is drawn; where it is not, the round ends. So the text is,
/// token by token, the one that plain steps would have made of the same answers.
/// </summary>
internal sealed class Choice
{
    private readonly GenerationRequest _request;
    private readonly SessionRouting _routing;
    private readonly SessionText _text;
    private readonly Evidence _evidence;
    private readonly Sampler _sampler;
    private readonly int _limit;
    private int _epoch = -1;
    private ulong _key;
    private readonly List<Lane> _voters = [];
    private readonly SparseDistribution[] _distributions = new SparseDistribution[Mixture.MostExperts];
    private readonly double[] _scores = new double[Mixture.MostExperts];
    private readonly float[] _weights = new float[Mixture.MostExperts];

    public Choice(
        GenerationRequest request, SessionRouting routing, SessionText text, Evidence evidence, Mixture mixture, int limit)
    {
        (_request, _routing, _text, _evidence, Mixture, _limit) = (request, routing, text, evidence, mixture, limit);
        _sampler = new(request.Sampling, request.Prompt.Span, SessionId.New().Value, request.Constraint);
    }

    public Mixture Mixture { get; }

    /// <summary>Of the noise that the next token is drawn with.</summary>
    public ulong Key => _text.Epoch == _epoch ? _key : _key = _sampler.Key(_epoch = _text.Epoch);

    /// <summary>Tokens chosen so far.</summary>
    public int Generated { get; private set; }

    /// <summary>Adds the round's tokens to the text and to <paramref name="events"/>. True when continuations begin at the last of them.</summary>
    public bool Run(List<Lane> lanes, Drafting drafting, List<TokenEvent> events, TimeSpan elapsed)
    {
        var drafts = drafting.Draft;
        for (var place = 0; ; place++)
        {
            Vote(lanes, place);
            var draft = place < drafts.Length ? drafts[place] : -1;
            var token = _sampler.Draw(Key, _text.Count);
            var accepted = token == draft;
            var mode = !drafting.IsOn ? "plain" : drafts.Length == 0 ? "plain: no draft" : "speculative";
            var trace = _request.Trace ? TraceWriter.Write(lanes, token, place, place == 0 ? elapsed : TimeSpan.Zero, mode, _routing.Snapshot) : null;
            var finish = Add(token, out var logProbability);
            var top = _request.TopLogProbabilities > 0 ? TraceWriter.Top(Mixture, _request.TopLogProbabilities) : null;
            events.Add(new(token, logProbability, finish, top, trace));
            if (accepted && finish == FinishReason.None)
                continue;
            var right = accepted ? place + 1 : place;
            drafting.OnVerified(right);
            EnsembleMetrics.OnRound(elapsed, events.Count);
            if (drafts.Length > 0)
                EnsembleMetrics.OnDrafts(right, drafts.Length - right);
            return right == drafts.Length;
        }
    }

    /// <summary>The best K of those that answered, weighted by what the text has shown so far, the drafts accepted in this round included.</summary>
    private void Vote(List<Lane> lanes, int place)
    {
        _voters.Clear();
        foreach (var lane in lanes)
        {
            lane.Weight = 0;
            if (!lane.Answered)
                continue;
            _evidence.Observe(lane);
            if (lane.Chosen)
                Insert(lane);
        }
        for (var i = 0; i < _voters.Count; i++)
            (_distributions[i], _scores[i]) = (_voters[i].Reply.Distributions[place], _voters[i].Score);
        var weights = _weights.AsSpan(0, _voters.Count);
        Softmax.Weights(_scores.AsSpan(0, _voters.Count), weights);
        for (var i = 0; i < _voters.Count; i++)
        {
            _voters[i].Weight = weights[i];
            EnsembleMetrics.OnWeight(_voters[i].Peer.Id, weights[i]);
            _voters[i].Span?.OnVote(weights[i]);
        }
        Mixture.Mix(_distributions.AsSpan(0, _voters.Count), weights, _routing.Options.Mix);
        _sampler.Prepare(Mixture);
    }

    private void Insert(Lane lane)
    {
        lane.Score = _routing.Gate.Score(lane.Number);
        var index = _voters.Count;
        while (index > 0 && (_voters[index - 1].Score < lane.Score || (_voters[index - 1].Score == lane.Score && _voters[index - 1].Number > lane.Number)))
            index--;
        if (index >= _routing.Options.K)
            return;
        _voters.Insert(index, lane);
        if (_voters.Count > _routing.Options.K)
            _voters.RemoveAt(_routing.Options.K);
    }

    private FinishReason Add(int token, out float logProbability)
    {
        logProbability = Mixture.LogProbability(token);
        _routing.Gate.Advance(token);
        _text.Append(token, logProbability);
        _sampler.Accept(token);
        Generated++;
        if (_request.EndTokens.Contains(token))
            return FinishReason.Stop;
        return Generated >= _request.MaxTokens || (_text.Count > _limit && _routing.Options.SlideAnchor is null) ? FinishReason.Length : FinishReason.None;
    }
}
