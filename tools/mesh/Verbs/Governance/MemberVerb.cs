using System.CommandLine;
using Mesh.Governance.Members;
using Mesh.Governance.Operations;
using Mesh.Ledger.Signing;
using Mesh.Tool.Governance;
using Mesh.Tool.Governance.Views;
using Spectre.Console;

namespace Mesh.Tool.Verbs.Governance;

/// <summary><c>mesh member</c>: who people are and what they may do. Every change is a proposal.</summary>
internal static class MemberVerb
{
    public static Command Create(Terminal terminal) => new("member", "Members of the mesh and their roles.")
    {
        List(terminal), Add(terminal), SetRoles(terminal), Revoke(terminal), Rotate(terminal),
    };

    private static Command List(Terminal terminal)
    {
        var command = new Verb("list", "The members.", "mesh member list");
        var mesh = new MeshOptions(command, terminal);
        command.Does(terminal, async (arguments, cancellationToken) =>
        {
            using var client = mesh.Open(arguments);
            var raw = await client.GetAsync("governance/configuration", cancellationToken);
            var members = client.Read(raw, Mesh.Governance.GovernanceJson.Default.MeshConfiguration).Members;
            var table = ProposalView.Table("member", "roles", "key");
            foreach (var member in members)
                table.AddRow(ProposalView.Cells(member.Name, string.Join(", ", member.Roles).ToLowerInvariant(), member.Key));
            if (mesh.IsJson(arguments))
                terminal.Print(raw.GetProperty("members").GetRawText());
            else
                terminal.Out.Write(table);
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Add(Terminal terminal)
    {
        var (name, roles) = (Name(), Roles.Option());
        var key = new Option<string>("--key") { Description = "Their verifier key, as `mesh keys new` shows it.", Required = true, HelpName = "vkey" };
        var command = new Verb("add", "Proposes a new member.", "mesh member add eve --key eve+1a2b3c4d+AQ... --role approver --reason 'joins the team'") { name, key, roles };
        ProposalFlow.Attach(command, terminal, draft => Task.FromResult<Operation>(
            new AddMember(new(draft.Arguments.GetValue(name)!, draft.Arguments.GetValue(key)!, draft.Arguments.GetValue(roles)!))), hasKeyAlias: false);
        return command;
    }

    private static Command SetRoles(Terminal terminal)
    {
        var (name, roles) = (Name(), Roles.Option());
        var command = new Verb("role", "Proposes other roles for a member, in place of those they have.", "mesh member role eve --role approver,oncall --reason 'takes the pager'") { name, roles };
        ProposalFlow.Attach(command, terminal, arguments => new SetRoles(arguments.GetValue(name)!, arguments.GetValue(roles)!));
        return command;
    }

    private static Command Revoke(Terminal terminal)
    {
        var name = Name();
        var command = new Verb("revoke", "Proposes that somebody is no member any more.", "mesh member revoke eve --reason 'left'") { name };
        ProposalFlow.Attach(command, terminal, arguments => new RevokeMember(arguments.GetValue(name)!));
        return command;
    }

    private static Command Rotate(Terminal terminal)
    {
        var name = Name();
        var key = new Option<string?>("--key") { Description = "Their new verifier key, made elsewhere.", HelpName = "vkey" };
        var file = new Option<string?>("--new-key") { Description = "Where the new key file is made. Default: NAME.key.next in the folder of keys." };
        var command = new Verb("rotate", "Proposes another key for a member, and makes it first unless it is named.", "mesh member rotate eve --reason 'a new laptop'") { name, key, file };
        var flow = new ProposalFlow(command, terminal, hasKeyAlias: false);
        command.Does(terminal, (arguments, cancellationToken) => flow.ProposeAsync(arguments, draft =>
        {
            var (member, vkey, path) = (arguments.GetValue(name)!, arguments.GetValue(key), arguments.GetValue(file));
            if (vkey is not null && path is not null)
                throw ToolException.Usage("Name the new key or where to make it, not both.");
            if (vkey is not null)
                return Task.FromResult<Operation>(new RotateKey(member, vkey));
            path ??= flow.Keys.PathOf(arguments, member) + ".next";
            using var made = Keyring.LoadOrMake(member, path, isDryRun: draft.IsDryRun);
            if (!draft.IsDryRun)
                terminal.Say($"The new key is in {path}. It signs once the change is in force; until then the old one does.");
            return Task.FromResult<Operation>(new RotateKey(member, made.Verifier.Text));
        }, cancellationToken));
        return command;
    }

    private static Argument<string> Name() => new("name") { Description = "The member's name." };
}
