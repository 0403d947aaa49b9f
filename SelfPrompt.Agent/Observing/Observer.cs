using System.Text.Json;
using Mesh.Contracts.Observations;
using Mesh.Governance;
using Mesh.Governance.Configurations;
using SelfPrompt.Agent.Client;
using SelfPrompt.Agent.Policy;

namespace SelfPrompt.Agent.Observing;

/// <summary>Reads what a run looks at, with tools that change nothing.</summary>
internal sealed class Observer(MeshClient mesh, AgentKeys keys, TimeProvider time)
{
    private const int MostProposals = 500;
    private const int MostDescription = 500;

    public async Task<MeshObservation> ObserveAsync(ToolGate gate, CancellationToken cancellationToken)
    {
        var configuration = (await ReadAsync("governance/configuration")).Deserialize(GovernanceJson.Default.MeshConfiguration)!;
        var settings = (await ReadAsync("mesh/status")).GetProperty("ensemble").Deserialize<RunningSettings>(AgentJson.Options)!;
        var experts = (await ReadAsync("mesh/experts")).GetProperty("experts").EnumerateArray().Select(Seen).ToArray();
        var router = (await ReadAsync("mesh/observations")).Deserialize(ObservationJson.Default.RouterObservations)!;
        var proposals = (await ReadAsync($"governance/proposals?limit={MostProposals}")).GetProperty("proposals").EnumerateArray()
            .Where(p => p.GetProperty("proposer").GetString() == keys.Member).Select(Own).ToArray();
        return new(time.GetUtcNow().ToUnixTimeMilliseconds(), configuration, settings, experts, router, proposals);

        Task<JsonElement> ReadAsync(string path) => gate.CallAsync(ToolTable.ReadMesh, new { path }, 0, stop => mesh.GetAsync(path, stop), cancellationToken);
    }

    private static SeenExpert Seen(JsonElement expert)
    {
        var (id, state) = (expert.GetProperty("id").GetString()!, expert.GetProperty("state").GetString()!);
        if (!expert.TryGetProperty("model", out var model) || model.ValueKind != JsonValueKind.Object)
            return new(id, state, null);
        var words = model.TryGetProperty("description", out var description) ? description.GetString() : null;
        return new(id, state, words is { Length: > MostDescription } ? words[..MostDescription] : words, model.GetProperty("tokens_per_second").GetDouble());
    }

    private static OwnProposal Own(JsonElement proposal) => new(
        proposal.GetProperty("hash").GetString()!, proposal.GetProperty("status").GetString()!, proposal.GetProperty("operation").Deserialize(GovernanceJson.Default.Operation)!,
        proposal.TryGetProperty("outcome", out var outcome) ? outcome.GetString() : null);
}
