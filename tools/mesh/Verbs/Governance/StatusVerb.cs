using System.CommandLine;
using Mesh.Tool.Governance;
using Mesh.Tool.Governance.Views;

namespace Mesh.Tool.Verbs.Governance;

/// <summary><c>mesh status</c>: who agrees, what runs, what waits.</summary>
internal static class StatusVerb
{
    public static Command Create(Terminal terminal)
    {
        var command = new Verb("status", "Lease, quorum, phase, the nodes' configurations, halts, open proposals, read-only domains.", "mesh status");
        var mesh = new MeshOptions(command, terminal);
        command.Does(terminal, async (arguments, cancellationToken) =>
        {
            using var client = mesh.Open(arguments);
            var (raw, open) = (await client.GetAsync("governance/status", cancellationToken), await client.GetAsync("governance/proposals?status=open", cancellationToken));
            if (mesh.IsJson(arguments))
                terminal.Print($$"""{"status":{{raw.GetRawText()}},"open":{{open.GetProperty("proposals").GetRawText()}}}""");
            else
                terminal.Out.Write(StatusView.Of(client.Read(raw, AnswerJson.Default.StatusAnswer), client.Read(open, AnswerJson.Default.ProposalsAnswer).Proposals, terminal.Clock.GetUtcNow()));
            return ExitCode.Ok;
        });
        return command;
    }
}
