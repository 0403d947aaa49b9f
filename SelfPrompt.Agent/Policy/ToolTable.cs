using Mesh.Governance.Tiers;

namespace SelfPrompt.Agent.Policy;

/// <summary>Every tool and how much it can break. What is not here is refused: nothing that a model or a log line says makes a tool or lowers a tier.</summary>
internal static class ToolTable
{
    public const string ReadMesh = "read_mesh", ReadFindings = "read_findings", ChooseFinding = "choose_finding";
    public const string ScoreText = "score_text", AskMesh = "ask_mesh", KeepArtifact = "keep_artifact", ReadArtifact = "read_artifact";
    public const string SubmitProposal = "submit_proposal", ApplyFinding = "apply_finding";

    private static readonly Dictionary<string, Tier> Tiers = new(StringComparer.Ordinal)
    {
        [ReadMesh] = Tier.ReadOnly,
        [ReadFindings] = Tier.ReadOnly,
        [ReadArtifact] = Tier.ReadOnly,
        [ChooseFinding] = Tier.ReadOnly,   // asks the model; its answer is data
        [ScoreText] = Tier.SandboxTest,
        [AskMesh] = Tier.SandboxTest,
        [KeepArtifact] = Tier.SandboxTest,
        [SubmitProposal] = Tier.Suggest,   // asks people, and no model is offered it
        [ApplyFinding] = Tier.DeployMinor,
    };

    /// <summary>Null: there is no such tool.</summary>
    public static Tier? Find(string tool) => Tiers.TryGetValue(tool, out var tier) ? tier : null;

    public static IReadOnlyCollection<string> Names => Tiers.Keys;
}
