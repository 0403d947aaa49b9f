using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Mesh.Governance.Acts;
using Mesh.Governance.Operations;
using SelfPrompt.Agent.Client;
using SelfPrompt.Agent.Observing;
using SelfPrompt.Agent.Policy;
using SelfPrompt.Agent.Proposing;
using SelfPrompt.Agent.Runs;
using SelfPrompt.Agent.Runs.Steps;

namespace SelfPrompt.Agent.Reviewing;

/// <summary>Hands proposals in, signed by the agent's member, which has no vote.</summary>
internal sealed class Submitting(MeshClient mesh, AgentKeys keys, Observer observer)
{
    private const int MostReason = 2000;

    /// <param name="finding">Which of the run's proposals; all that is signed follows from the run and this, so that handing in again after a crash is the same proposal.</param>
    public Task<Submission> SubmitAsync(RunInput run, string finding, Operation operation, string reason, ToolGate gate, CancellationToken cancellationToken) =>
        gate.CallAsync(ToolTable.SubmitProposal, new { run.Run, finding, operation }, 0, stop => SubmitAsync(run, finding, operation, reason, stop), cancellationToken);

    private async Task<Submission> SubmitAsync(RunInput run, string finding, Operation operation, string reason, CancellationToken cancellationToken)
    {
        var name = (await mesh.GetAsync("governance/configuration", cancellationToken)).GetProperty("mesh").GetString()!;
        var nonce = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{run.Run}/{finding}")).AsSpan(0, 16));
        try
        {
            using var key = keys.Load();
            var proposal = SignedAct.Sign(new Proposal(name, keys.Member, operation, Fence.Line(reason, MostReason), run.Created, run.Created + run.ReviewSeconds, nonce), key);
            // Another run may have come to the same meanwhile: people are asked once.
            var asked = JsonSerializer.Serialize(operation, AgentJson.Options);
            if ((await observer.OwnAsync(cancellationToken)).FirstOrDefault(p => p.IsOpen && p.Hash != proposal.Hash && JsonSerializer.Serialize(p.Operation, AgentJson.Options) == asked) is { } same)
                return new(null, $"The same is proposed already, as {same.Hash}.");
            await mesh.PostNoteAsync("governance/proposals", proposal.Note.ToString(), cancellationToken);
            return new(proposal.Hash);
        }
        catch (MeshAnswerException refused) when (refused.IsFinal)
        {
            return new(null, refused.Message);
        }
        catch (ActRefusedException refused)
        {
            return new(null, refused.Message);
        }
    }
}
