using System.CommandLine;
using Mesh.Governance.Operations;
using Mesh.Tool.Governance;

namespace Mesh.Tool.Verbs.Governance;

/// <summary><c>mesh propose</c>: asks people for a change. Its kind is typed, and its tier follows from that.</summary>
internal static class ProposeVerb
{
    public static Command Create(Terminal terminal) => new Verb("propose", "Proposes a change of the mesh; others vote on it.", "mesh propose ensemble --k 3 --reason 'three experts are enough'")
    {
        ProposeRouting.Ensemble(terminal), ProposeRouting.Gate(terminal), ProposeRouting.Evaluate(terminal), PhaseVerb.Propose(terminal),
        ProposeExperts.Quarantine(terminal), ProposeExperts.Release(terminal), ProposeExperts.Admit(terminal), ProposeExperts.Remove(terminal),
        ProposeSecurity.Revoke(terminal), ProposeSecurity.Restore(terminal), ProposeSecurity.RateLimit(terminal), ProposePolicy.Policy(terminal), ProposeNodes.Create(terminal), Lift(terminal), Suggest(terminal),
    };

    private static Command Lift(Terminal terminal)
    {
        var domain = new Argument<Domain>("domain") { Description = "What a rejection made read-only." };
        domain.AcceptOnlyFromAmong([.. Enum.GetNames<Domain>().Select(n => n.ToLowerInvariant()).Where(n => n != "none")]);
        var command = new Verb("lift", "Opens a domain to changes again that a rejection made read-only.", "mesh propose lift experts --reason 'the model was replaced'") { domain };
        ProposalFlow.Attach(command, terminal, arguments => new LiftDomain(arguments.GetValue(domain)));
        return command;
    }

    private static Command Suggest(Terminal terminal)
    {
        var text = new Argument<string>("text");
        var command = new Verb("suggest", "Puts a text before an approver.", "mesh propose suggest 'Answer in the asker'\\''s language.' --reason 'users ask for it'") { text };
        ProposalFlow.Attach(command, terminal, arguments => new SuggestText(arguments.GetValue(text)!));
        return command;
    }
}
