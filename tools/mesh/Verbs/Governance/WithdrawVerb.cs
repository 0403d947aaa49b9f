using System.CommandLine;
using Mesh.Governance.Acts;
using Mesh.Ledger.Signing;
using Mesh.Tool.Governance;

namespace Mesh.Tool.Verbs.Governance;

/// <summary><c>mesh withdraw</c>: a proposer takes a proposal back.</summary>
internal static class WithdrawVerb
{
    public static Command Create(Terminal terminal)
    {
        var hash = new Argument<string>("hash") { Description = "Your proposal, by its hash or the first 8 or more digits." };
        var command = new Verb("withdraw", "Takes your own proposal back, while it is open.", "mesh withdraw 1f2e3d4c") { hash };
        var mesh = new MeshOptions(command, terminal);
        var keys = new MemberKeys(command, mesh);
        command.Does(terminal, async (arguments, cancellationToken) =>
        {
            using var key = keys.Load(arguments);
            using var client = mesh.Open(arguments);
            var proposal = await SignedProposals.ReadAsync(client, await SignedProposals.ResolveAsync(client, arguments.GetValue(hash)!, cancellationToken), cancellationToken);
            var act = SignedAct.Sign(new Withdrawal(proposal.Act.Mesh, proposal.Hash, key.Name), key);
            var answer = await client.PostNoteAsync($"governance/proposals/{proposal.Hash}/withdrawal", act.Note.ToString(), cancellationToken);
            terminal.Print(mesh.IsJson(arguments) ? answer.GetRawText() : $"{proposal.Hash} withdrawn");
            return ExitCode.Ok;
        });
        return command;
    }
}
