using System.CommandLine;
using Mesh.Tool.Governance;
using Mesh.Tool.Governance.Views;

namespace Mesh.Tool.Verbs.Governance;

/// <summary><c>mesh waiting</c>: what waits for a member's vote.</summary>
internal static class WaitingVerb
{
    public static Command Create(Terminal terminal)
    {
        var all = new Option<bool>("--all") { Description = "Every proposal, decided ones too." };
        var command = new Verb("waiting", "Proposals that wait for your vote.", "mesh waiting --as ada") { all };
        var mesh = new MeshOptions(command, terminal);
        var keys = new MemberKeys(command, mesh);
        command.Does(terminal, async (arguments, cancellationToken) =>
        {
            using var client = mesh.Open(arguments);
            var query = arguments.GetValue(all) ? "" : $"?status=open&waiting_for={Uri.EscapeDataString(keys.Name(arguments))}";
            var raw = await client.GetAsync($"governance/proposals{query}", cancellationToken);
            var proposals = client.Read(raw, AnswerJson.Default.ProposalsAnswer).Proposals;
            if (mesh.IsJson(arguments))
                terminal.Print(raw.GetProperty("proposals").GetRawText());
            else if (proposals.Count == 0)
                terminal.Say($"Nothing waits.");
            else
                terminal.Out.Write(ProposalView.List(proposals, terminal.Now));
            return ExitCode.Ok;
        });
        return command;
    }
}
