using System.Collections.Concurrent;
using Mesh.Contracts.Experts;
using Mesh.Ensemble.Experts;
using Mesh.Ensemble.Gating;

namespace Router.Api.Governance.Experts;

/// <summary>
/// How well each expert foresaw the texts of this router's sessions, as a decayed mean by token of its log-likelihood less the mixture's: so texts that are hard
/// for everyone count against nobody. An expert of which little is known stands at 0, as good as the mixture.
/// </summary>
internal sealed class ExpertStandings : IGatePrior
{
    private const double HalfLife = 16_384;     // tokens
    private const int LeastTokens = 32;
    private const double PriorTokens = 4;       // so many tokens' worth of evidence is what a standing says of a new text
    private const double MostPrior = 2;         // nats
    private const int MostExperts = 8192;

    private readonly ConcurrentDictionary<ExpertId, (double Sum, double Tokens)> _known = new();

    public void Record(ExpertId expert, double sum, int tokens)
    {
        if (tokens <= 0 || !double.IsFinite(sum) || (_known.Count >= MostExperts && !_known.ContainsKey(expert)))
            return;
        _known.AddOrUpdate(expert, _ => (sum, tokens), (_, old) =>
        {
            var kept = Math.Pow(0.5, tokens / HalfLife);
            return (old.Sum * kept + sum, old.Tokens * kept + tokens);
        });
    }

    /// <summary>In nats a token.</summary>
    public double MeanOf(ExpertId expert) => _known.TryGetValue(expert, out var known) && known.Tokens >= LeastTokens ? known.Sum / known.Tokens : 0;

    /// <summary>The one that stands highest; of equals the largest model. Null when there is none.</summary>
    public ExpertPeer? Best(IEnumerable<ExpertPeer> experts) => experts.OrderByDescending(p => MeanOf(p.Id)).ThenByDescending(p => p.Card.Parameters).FirstOrDefault();

    void IGatePrior.Add(ReadOnlySpan<int> prompt, ReadOnlySpan<ExpertPeer> experts, Span<double> scores)
    {
        for (var i = 0; i < experts.Length; i++)
            scores[i] += Math.Clamp(PriorTokens * MeanOf(experts[i].Id), -MostPrior, MostPrior);
    }
}
