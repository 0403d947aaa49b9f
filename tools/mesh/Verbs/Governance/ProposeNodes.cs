using System.CommandLine;
using Mesh.Governance.Members;
using Mesh.Governance.Operations;
using Mesh.Tool.Governance;

namespace Mesh.Tool.Verbs.Governance;

/// <summary><c>mesh propose node add|remove</c>: who witnesses.</summary>
internal static class ProposeNodes
{
    public static Command Create(Terminal terminal) => new("node", "Nodes, the witnesses of the ledger.") { Add(terminal), Remove(terminal) };

    private static Command Add(Terminal terminal)
    {
        var name = new Argument<string>("name");
        var key = new Option<string>("--key") { Description = "The node's verifier key; it says it when it starts, and at /chorus/node.", Required = true, HelpName = "vkey" };
        var kind = new Option<NodeKind>("--kind") { Description = "What it is.", Required = true };
        var url = new Option<string?>("--node-url") { Description = "Where it is reached." };
        var command = new Verb("add", "Admits a node as a witness.", "mesh propose node add worker-3 --key worker-3+1a2b3c4d+BG... --kind worker --node-url http://10.0.0.7:8090 --reason 'a third machine'") { name, key, kind, url };
        ProposalFlow.Attach(command, terminal, draft => Task.FromResult<Operation>(new AdmitNode(
            new(draft.Arguments.GetValue(name)!, draft.Arguments.GetValue(key)!, draft.Arguments.GetValue(kind), draft.Arguments.GetValue(url)))), hasKeyAlias: false);
        return command;
    }

    private static Command Remove(Terminal terminal)
    {
        var name = new Argument<string>("name");
        var command = new Verb("remove", "Takes a node out of the witnesses.", "mesh propose node remove worker-3 --reason 'the machine is gone'") { name };
        ProposalFlow.Attach(command, terminal, arguments => new RemoveNode(arguments.GetValue(name)!));
        return command;
    }
}
