using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Governance;
using Mesh.Governance.Acts;
using Mesh.Governance.Canaries;
using Mesh.Governance.Operations;
using Mesh.Governance.State;
using Mesh.Governance.Tiers;

namespace Mesh.Tool.Tests.Governance;

/// <summary>State as the JSON that people's programs read.</summary>
internal static class ServerViews
{
    public static string Snake(Enum value) => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    public static JsonObject Proposals(GovernanceState state, string? status, string? waitingFor) => new()
    {
        ["proposals"] = new JsonArray([.. state.Proposals.Values
            .Where(p => (status is null || Snake(p.Status) == status) && (waitingFor is null || Voters(state, p).Except(p.Votes.Keys).Contains(waitingFor)))
            .OrderByDescending(p => p.Index).Select(p => Proposal(state, p))]),
    };

    public static JsonObject Proposal(GovernanceState state, ProposalState p) => new()
    {
        ["hash"] = p.Hash,
        ["revision"] = $"{p.Status}-{p.Votes.Count}",
        ["status"] = Snake(p.Status),
        ["tier"] = Snake(p.Tier),
        ["domain"] = Snake(TierTable.Of(p.Act.Operation).Domain),
        ["proposer"] = p.Act.Proposer,
        ["operation"] = JsonSerializer.SerializeToNode(p.Act.Operation, GovernanceJson.Default.Operation),
        ["reason"] = p.Act.Reason,
        ["created"] = p.Act.Created,
        ["deadline"] = p.Act.Deadline,
        ["effective"] = p.ReviewEnds / 1000,
        ["needed"] = state.Tally(p).Needed,
        ["voters"] = new JsonArray([.. Voters(state, p).Select(v => JsonValue.Create(v))]),
        ["votes"] = new JsonArray([.. p.Votes.Select(v => new JsonObject { ["voter"] = v.Key, ["choice"] = Snake(v.Value.Choice), ["reason"] = v.Value.Reason })]),
        ["deployment"] = p.Status != ProposalStatus.Deploying ? null : new JsonObject
        {
            ["share"] = 0.01, ["sessions"] = 30, ["control"] = Arm(40), ["candidate"] = Arm(12), ["verdict"] = "wait", ["reason"] = "12 of 30 sessions",
        },
        ["from_a_later_version"] = true,
    };

    public static JsonObject DryRun(GovernanceState state, JsonNode? request)
    {
        var operation = request!["operation"].Deserialize(GovernanceJson.Default.Operation)!;
        var row = TierTable.Of(operation);
        var answer = new JsonObject { ["tier"] = Snake(row.Tier), ["domain"] = Snake(row.Domain), ["diff"] = new JsonArray() };
        try
        {
            var change = Change.Of(operation, state.Configuration!);
            answer["diff"] = new JsonArray([.. change.Diff.Select(d => JsonSerializer.SerializeToNode(d, GovernanceJson.Default.FieldChange))]);
            answer["blast_radius"] = JsonSerializer.SerializeToNode(change.BlastRadius, GovernanceJson.Default.BlastRadius);
        }
        catch (ActRefusedException refused)
        {
            answer["refused"] = refused.Message;
        }
        return answer;
    }

    public static JsonObject Status(GovernedMesh mesh) => new()
    {
        ["mesh"] = GovernedMesh.Name,
        ["log"] = mesh.Genesis.Log,
        ["version"] = mesh.State.Configuration!.Version,
        ["lease"] = "held",
        ["lease_remaining_ms"] = 3200,
        ["quorum"] = new JsonObject
        {
            ["needed"] = 2, ["size"] = mesh.Log.Size, ["committed"] = mesh.Head.Checkpoint.Size,
            ["witnesses"] = new JsonArray([.. mesh.Genesis.Configuration.Nodes.Select(n => new JsonObject { ["name"] = n.Name, ["kind"] = Snake(n.Kind), ["cosigned"] = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() })]),
        },
        ["phase"] = new JsonObject { ["current"] = 2, ["effective"] = 0, ["experts"] = 6, ["threshold"] = 8, ["degraded"] = "Phase 2 needs 8 experts online, 6 are." },
        ["nodes"] = new JsonArray([.. mesh.Genesis.Configuration.Nodes.Select(n => new JsonObject { ["name"] = n.Name, ["kind"] = Snake(n.Kind), ["reachable"] = true, ["configuration"] = 1, ["halted"] = mesh.State.IsHalted, ["lease"] = "held" })]),
        ["halts"] = new JsonArray([.. mesh.State.Halts.Values.Select(h => new JsonObject { ["id"] = h.Id, ["requester"] = h.Act.Requester, ["reason"] = h.Act.Reason, ["time"] = h.Act.Time })]),
    };

    private static string[] Voters(GovernanceState state, ProposalState p) => [.. state.Configuration!.Members.Where(m => Approvals.MayVote(m, p.Act.Proposer)).Select(m => m.Name)];

    private static JsonNode Arm(int sessions) => JsonSerializer.SerializeToNode(ArmReport.Empty with { Sessions = sessions }, new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower })!;
}
