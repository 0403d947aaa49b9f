using System.Text.Json.Serialization;
using Mesh.Governance;

namespace SelfPrompt.Agent.Tasks;

/// <summary>What the mesh may look for in itself. The names on the wire are fixed: <c>scheduler_optimization</c> and so on.</summary>
[JsonConverter(typeof(SnakeCaseEnum<TaskKind>))]
public enum TaskKind
{
    /// <summary>K, over-selection, deadlines: tokens a second and the p99 of a token.</summary>
    SchedulerOptimization,
    /// <summary>The gate's kind, decays, evidence weight, a trained gate file: perplexity.</summary>
    ConfigTuning,
    /// <summary>Keys to revoke, addresses that guess keys, experts to quarantine.</summary>
    SecurityLogAnalysis,
    /// <summary>Regression cases from what went badly.</summary>
    TestGeneration,
    /// <summary>Texts for people, and major changes with their blast radius.</summary>
    GovernanceProposalDraft,
}
