namespace Mesh.Ensemble.TokenLoop;

/// <summary>Brings the experts' exact scores of the text to the gate, each token of each expert once.</summary>
internal sealed class Evidence(SessionRouting routing, SessionText text, IGenerationObserver? observer)
{
    private double[] _sums = [];
    private int[] _counts = [];

    /// <summary>How many of the last <paramref name="tokens"/> appended tokens a lane shall be asked to score.</summary>
    public int Wanted(Lane lane, int tokens, int drafts)
    {
        if (routing.Gate.Memory == 0)
            return 0;
        var from = Math.Max(lane.ScoredTo, text.Count - routing.Gate.Memory);
        return Math.Clamp(text.Count + drafts - from, 0, tokens);
    }

    /// <summary>
    /// The prompt's mixture, in the first round: nobody mixed those tokens, so it is the log of the mean probability over the experts that scored them.
    /// </summary>
    public void SettlePrompt(List<Lane> lanes)
    {
        var window = Math.Min(routing.Gate.Memory, text.Count);
        if (window == 0)
            return;
        if (_sums.Length < window)
            (_sums, _counts) = (new double[window], new int[window]);
        Array.Clear(_sums);
        Array.Clear(_counts);
        var start = text.Count - window;
        foreach (var lane in lanes)
        {
            if (!lane.Answered)
                continue;
            var scores = lane.Reply.Scores;
            var first = lane.Request.Position + lane.Request.TokenCount - scores.Length;
            for (var i = 0; i < scores.Length; i++)
            {
                var index = first + i - start;
                if (index < 0 || index >= window)
                    continue;
                _sums[index] += Math.Exp(Math.Max(scores[i], -700));
                _counts[index]++;
            }
        }
        var (sum, known) = (0.0, 0);
        for (var i = 0; i < window; i++)
        {
            if (_counts[i] == 0)
                continue;
            var log = Math.Log(_sums[i] / _counts[i]);
            text.SetMixture(start + i, (float)log);
            (sum, known) = (sum + log, known + 1);
        }
        observer?.OnPrompt(sum, known);
    }

    /// <summary>Counts those scores of the lane's last answer that are about tokens of the text and were not counted before.</summary>
    public void Observe(Lane lane)
    {
        if (lane.Epoch != text.Epoch)
            return;
        var request = lane.Request;
        var scores = lane.Reply.Scores;
        var agreed = text.AgreesUpTo(request.Position, request.Tokens);
        var first = request.Position + request.TokenCount - scores.Length;
        for (var position = Math.Max(first, lane.ScoredTo); position < agreed; position++)
        {
            var mixture = text.Mixture(position);
            if (float.IsFinite(mixture))
                Observe(lane, text.Count - 1 - position, scores[position - first] - mixture);
        }
        lane.ScoredTo = Math.Max(lane.ScoredTo, agreed);
    }

    private void Observe(Lane lane, int age, double advantage)
    {
        routing.Gate.Observe(lane.Number, age, advantage);
        lane.Told.Add(text.Appended - age, advantage);
    }
}
