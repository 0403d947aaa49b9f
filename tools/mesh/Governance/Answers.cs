using System.Text.Json;
using System.Text.Json.Serialization;
using Mesh.Governance.Canaries;
using Mesh.Governance.Operations;

namespace Mesh.Tool.Governance;

internal sealed record VoteAnswer(string Voter, string Choice, string? Reason = null);

/// <summary>A canary as it stands.</summary>
/// <param name="Sessions">Needed on either side.</param>
/// <param name="Ends">Unix seconds.</param>
internal sealed record CanaryAnswer(double Share, int Sessions, ArmReport? Control, ArmReport? Candidate, string? Verdict, string? Reason, long? Ends = null);

/// <summary>A proposal as governance shows it. What somebody signs is read from the ledger instead (<see cref="SignedProposals"/>).</summary>
/// <param name="Revision">Another one after every change.</param>
/// <param name="Created">Unix seconds, as <paramref name="Deadline"/> and <paramref name="Effective"/>.</param>
internal sealed record ProposalAnswer(
    string Hash, JsonElement Revision, string Status, string Tier, string Proposer, JsonElement Operation, string Reason, long Created, long Deadline, int Needed, IReadOnlyList<VoteAnswer> Votes,
    IReadOnlyList<string>? Voters = null, string? Domain = null, long? Effective = null, string? Outcome = null, string? Effect = null, CanaryAnswer? Deployment = null)
{
    public string Kind => Operation.ValueKind == JsonValueKind.Object && Operation.TryGetProperty("kind", out var kind) ? kind.GetString() ?? "?" : "?";

    /// <summary>Whether nothing more becomes of it; a text or an evaluation ends with its approval.</summary>
    public bool IsOver => Status is "rejected" or "expired" or "withdrawn" or "promoted" or "undone" or "failed" || (Status == "approved" && Tier is ("suggest" or "sandbox_test"));

    public bool IsGood => Status is "promoted" or "approved" or "deploying" or "open";
}

internal sealed record ProposalsAnswer(IReadOnlyList<ProposalAnswer> Proposals);

internal sealed record BlastAnswer(IReadOnlyList<string> Experts, double SessionsShare, int Nodes, string Text);

/// <summary>As <see cref="FieldChange"/>; what is not there is left out.</summary>
internal sealed record ChangeAnswer(string Path, JsonElement? Before = null, JsonElement? After = null)
{
    public FieldChange Field => new(Path, Before, After);
}

internal sealed record DryRunAnswer(string Tier, string Domain, IReadOnlyList<ChangeAnswer> Diff, BlastAnswer? BlastRadius = null, string? Refused = null);

internal sealed record ProposedAnswer(string Hash, string Tier, long Deadline, long Index, bool Committed);

internal sealed record WitnessAnswer(string Name, string Kind, long? Cosigned = null);

internal sealed record QuorumAnswer(int Needed, int Size, long Committed, IReadOnlyList<WitnessAnswer> Witnesses);

internal sealed record PhaseAnswer(int? Current = null, int? Effective = null, int? Experts = null, int? Threshold = null, string? Degraded = null);

internal sealed record NodeAnswer(string Name, string Kind, bool Reachable, long? Configuration = null, bool Halted = false, string? Lease = null);

internal sealed record HaltAnswer(string Id, string Requester, string Reason, long Time, IReadOnlyList<string>? Reached = null, IReadOnlyList<string>? Unreached = null);

internal sealed record LockAnswer(string Domain, string Proposal);

internal sealed record StatusAnswer(
    string Mesh, long Version, string Lease, QuorumAnswer Quorum, IReadOnlyList<NodeAnswer> Nodes, IReadOnlyList<HaltAnswer> Halts,
    double? LeaseRemainingMs = null, PhaseAnswer? Phase = null, IReadOnlyList<LockAnswer>? Locked = null);

internal sealed record ArtifactAnswer(string Hash);

/// <summary>Answers of the mesh; what this version does not know is passed over.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ProposalAnswer))]
[JsonSerializable(typeof(ProposalsAnswer))]
[JsonSerializable(typeof(DryRunAnswer))]
[JsonSerializable(typeof(ProposedAnswer))]
[JsonSerializable(typeof(StatusAnswer))]
[JsonSerializable(typeof(ArtifactAnswer))]
internal sealed partial class AnswerJson : JsonSerializerContext;
