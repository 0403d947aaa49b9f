using Mesh.Ensemble.Gating;
using Mesh.Governance.Configurations;
using Mesh.Training.Scores;
using SelfPrompt.Agent.Observing;

namespace SelfPrompt.Agent.Tasks.ConfigTuning;

/// <summary>The settings of gate and K that are compared, each with what it would give to every text of the table.</summary>
/// <param name="Settings">Only what differs from now.</param>
internal sealed record GateCandidate(EnsembleSettings Settings, double[] Losses);

internal static class GateCandidates
{
    private static readonly double[] Decays = [0.8, 0.9, 0.95], Weights = [0.5, 0.7, 1];
    private static readonly int[] Counts = [1, 2, 4, 8];

    public static IReadOnlyList<GateCandidate> Of(ExpertScores scores, RunningSettings now)
    {
        var made = new List<GateCandidate>();
        foreach (var k in Ks(scores, now))
        {
            Add("uniform", k, now.EvidenceDecay, now.EvidenceWeight, () => new UniformGate());
            foreach (var decay in Decays)
                foreach (var weight in Weights)
                    Add("evidence", k, decay, weight, () => new EvidenceGate(decay, weight));
        }
        return made;

        void Add(string gate, int k, double decay, double weight, Func<IGate> create)
        {
            var settings = new EnsembleSettings
            {
                K = k == now.K ? null : k,
                Gate = gate == now.Gate ? null : gate,
                EvidenceDecay = decay == now.EvidenceDecay ? null : decay,
                EvidenceWeight = weight == now.EvidenceWeight ? null : weight,
            };
            if (settings != new EnsembleSettings())
                made.Add(new(settings, scores.Losses(Mixtures.Gated(scores.Table, _ => create(), k))));
        }
    }

    private static IEnumerable<int> Ks(ExpertScores scores, RunningSettings now) =>
        Counts.Append(now.K).Select(k => Math.Min(k, scores.Table.Experts.Count)).Append(now.K).Distinct().Order();
}
