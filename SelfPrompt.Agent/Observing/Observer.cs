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
    private const int MostBytes = 900_000;   // of an artifact's 1 MiB

    public async Task<MeshObservation> ObserveAsync(ToolGate gate, CancellationToken cancellationToken)
    {
        var configuration = (await ReadAsync("governance/configuration")).Deserialize(GovernanceJson.Default.MeshConfiguration)!;
        var settings = (await ReadAsync("mesh/status")).GetProperty("ensemble").Deserialize<RunningSettings>(AgentJson.Options)!;
        var experts = (await ReadAsync("mesh/experts")).GetProperty("experts").EnumerateArray().Select(Seen).ToArray();
        var router = (await ReadAsync("mesh/observations")).Deserialize(ObservationJson.Default.RouterObservations)!;
        var proposals = await gate.CallAsync(ToolTable.ReadMesh, new { path = "governance/proposals" }, 0, OwnAsync, cancellationToken);
        return Fitted(new(time.GetUtcNow().ToUnixTimeMilliseconds(), configuration, settings, experts, router, proposals));

        Task<JsonElement> ReadAsync(string path) => gate.CallAsync(ToolTable.ReadMesh, new { path }, 0, stop => mesh.GetAsync(path, stop), cancellationToken);
    }

    /// <summary>This agent's proposals, newest first.</summary>
    public async Task<IReadOnlyList<OwnProposal>> OwnAsync(CancellationToken cancellationToken) =>
    [
        .. (await mesh.GetAsync($"governance/proposals?limit={MostProposals}", cancellationToken)).GetProperty("proposals").EnumerateArray()
            .Where(p => p.GetProperty("proposer").GetString() == keys.Member).Select(Own),
    ];

    /// <summary>With as much of what people wrote as an artifact holds.</summary>
    internal static MeshObservation Fitted(MeshObservation seen)
    {
        while (JsonSerializer.SerializeToUtf8Bytes(seen, AgentJson.Options).Length > MostBytes && seen.Router.Feedback.Count + seen.Router.Security.Count + seen.Router.LowConfidence.Count > 0)
            seen = seen with
            {
                Router = seen.Router with
                {
                    Feedback = [.. seen.Router.Feedback.Take(seen.Router.Feedback.Count / 2)],
                    Security = [.. seen.Router.Security.Take(seen.Router.Security.Count / 2)],
                    LowConfidence = [.. seen.Router.LowConfidence.Take(seen.Router.LowConfidence.Count / 2)],
                },
            };
        return seen;
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
