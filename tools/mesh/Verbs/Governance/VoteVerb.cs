using System.CommandLine;
using System.Text.Json;
using Mesh.Governance;
using Mesh.Governance.Acts;
using Mesh.Governance.Operations;
using Mesh.Governance.Tiers;
using Mesh.Ledger.Signing;
using Mesh.Tool.Governance;
using Mesh.Tool.Governance.Views;

namespace Mesh.Tool.Verbs.Governance;

/// <summary><c>mesh approve</c> and <c>mesh reject</c>: a vote over what was read from the ledger, shown, and hashed here.</summary>
internal static class VoteVerb
{
    public static Command Approve(Terminal terminal)
    {
        var hashes = new Argument<string[]>("hash") { Description = "Proposals, by their hashes or the first 8 or more digits.", Arity = ArgumentArity.OneOrMore };
        var reason = new Option<string?>("--reason") { Description = "Why; shown beside the vote." };
        var command = new Verb("approve", "Approves proposals, after showing what they change.", "mesh approve 1f2e3d4c --reason 'tried it'") { hashes, reason };
        return Votes(command, terminal, VoteChoice.Approve, arguments => arguments.GetValue(hashes)!, arguments => arguments.GetValue(reason));
    }

    public static Command Reject(Terminal terminal)
    {
        var hash = new Argument<string>("hash") { Description = "The proposal, by its hash or the first 8 or more digits." };
        var reason = new Option<string>("--reason") { Description = "Why; the proposer reads it.", Required = true };
        var command = new Verb("reject", "Rejects a proposal. A major one ends with it, and its domain is read-only until people lift it.", "mesh reject 1f2e3d4c --reason 'it was slower last time'") { hash, reason };
        return Votes(command, terminal, VoteChoice.Reject, arguments => [arguments.GetValue(hash)!], arguments => arguments.GetValue(reason));
    }

    private static Command Votes(Verb command, Terminal terminal, VoteChoice choice, Func<ParseResult, string[]> hashes, Func<ParseResult, string?> reason)
    {
        var yes = new Option<bool>("--yes") { Description = "Signs without asking." };
        command.Options.Add(yes);
        var mesh = new MeshOptions(command, terminal);
        var keys = new MemberKeys(command, mesh);
        command.Does(terminal, async (arguments, cancellationToken) =>
        {
            using var key = keys.Load(arguments);
            using var client = mesh.Open(arguments);
            var answers = new List<JsonElement>();
            foreach (var text in hashes(arguments))
            {
                var proposal = await SignedProposals.ReadAsync(client, await SignedProposals.ResolveAsync(client, text, cancellationToken), cancellationToken);
                await ShowAsync(terminal, client, proposal, cancellationToken);
                if (mesh.IsInteractive(arguments) && !arguments.GetValue(yes) && !await terminal.ConfirmAsync($"{choice} it as {key.Name}?", cancellationToken))
                    throw new ToolException(ExitCode.Refused, "Nothing was signed.");
                var vote = SignedAct.Sign(new Vote(proposal.Act.Mesh, proposal.Hash, choice, proposal.Act.Deadline, key.Name, reason(arguments)), key);
                var answer = await client.PostNoteAsync($"governance/proposals/{proposal.Hash}/votes", vote.Note.ToString(), cancellationToken);
                answers.Add(answer);
                if (!mesh.IsJson(arguments))
                    terminal.Print($"{proposal.Hash} {client.Read(answer, AnswerJson.Default.ProposalAnswer).Status}");
            }
            if (mesh.IsJson(arguments))
                terminal.Print($"[{string.Join(',', answers.Select(a => a.GetRawText()))}]");
            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>What is signed, and what it does to the configuration of now: both worked out here, from the signed operation.</summary>
    private static async Task ShowAsync(Terminal terminal, GovernanceClient client, SignedAct<Proposal> proposal, CancellationToken cancellationToken)
    {
        terminal.Error.Write(ProposalView.Signed(proposal, terminal.Now));
        var operation = proposal.Act.Operation;
        var tier = JsonSerializer.Serialize(TierTable.Of(operation).Tier, GovernanceJson.Default.Tier).Trim('"');
        try
        {
            var change = Change.Of(operation, await client.ConfigurationAsync(cancellationToken));
            terminal.Error.Write(ProposalView.Diff(change.Diff));
            terminal.Say($"Tier {tier}. Blast radius: {change.BlastRadius.Text}");
        }
        catch (ActRefusedException refused)
        {
            terminal.Say($"Tier {tier}. It cannot be applied to the configuration of now: {refused.Message}");
        }
    }
}
