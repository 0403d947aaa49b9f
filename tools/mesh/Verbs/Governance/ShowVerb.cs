using System.CommandLine;
using Mesh.Tool.Governance;
using Mesh.Tool.Governance.Views;

namespace Mesh.Tool.Verbs.Governance;

/// <summary><c>mesh show</c>: a proposal, or its way to its end.</summary>
internal static class ShowVerb
{
    public static Command Create(Terminal terminal)
    {
        var hash = new Argument<string>("hash") { Description = $"The proposal's hash, or its first {SignedProposals.LeastDigits} or more digits." };
        var wait = new Option<bool>("--wait") { Description = "Follows it to its end." };
        var command = new Verb("show", "How a proposal stands: votes, review, canary, outcome.", "mesh show 1f2e3d4c --wait") { hash, wait };
        var waiting = new WaitOptions(command);
        var mesh = new MeshOptions(command, terminal);
        command.Does(terminal, async (arguments, cancellationToken) =>
        {
            using var client = mesh.Open(arguments);
            var whole = await SignedProposals.ResolveAsync(client, arguments.GetValue(hash)!, cancellationToken);
            if (arguments.GetValue(wait))
                return await new ProposalWatch(terminal, client, mesh.IsJson(arguments)).FollowAsync(whole, waiting.Timeout(arguments), cancellationToken);
            var raw = await client.GetAsync($"governance/proposals/{whole}", cancellationToken);
            if (mesh.IsJson(arguments))
                terminal.Print(raw.GetRawText());
            else
                terminal.Out.Write(ProposalView.Standing(client.Read(raw, AnswerJson.Default.ProposalAnswer), terminal.Now));
            return ExitCode.Ok;
        });
        return command;
    }
}
