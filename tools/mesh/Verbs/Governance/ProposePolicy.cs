using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Governance;
using Mesh.Governance.Operations;
using Mesh.Governance.Tiers;
using Mesh.Tool.Governance;

namespace Mesh.Tool.Verbs.Governance;

/// <summary>Changes of the rules themselves.</summary>
internal static class ProposePolicy
{
    public static Command Policy(Terminal terminal)
    {
        var file = new Argument<string>("file") { Description = "JSON with the fields that change, as {\"minor_approvals\": 3}; \"-\" reads standard input." };
        var command = new Verb("policy", "Changes approvals, review time, canaries and thresholds; what is not named stays.", "mesh propose policy policy.json --reason 'a larger team'") { file };
        ProposalFlow.Attach(command, terminal, draft => Task.FromResult<Operation>(new SetPolicy(Read(draft.Arguments.GetValue(file)!, draft.Configuration.Policy))));
        return command;
    }

    /// <summary>A policy with the fields of a file in place of its own.</summary>
    public static TierPolicy Read(string path, TierPolicy current)
    {
        try
        {
            var merged = JsonSerializer.SerializeToNode(current, GovernanceJson.Default.TierPolicy)!.AsObject();
            foreach (var (name, value) in JsonNode.Parse(Files.ReadText(path)) as JsonObject ?? throw new JsonException("It is no object."))
                merged[name] = value?.DeepClone();
            return merged.Deserialize(GovernanceJson.Default.TierPolicy)!;
        }
        catch (Exception fault) when (fault is JsonException or ArgumentException)
        {
            throw ToolException.Usage($"{path} is no policy: {fault.Message}");
        }
    }
}
