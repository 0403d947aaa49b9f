using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Mesh.Tool.Verbs;
using Mesh.Tool.Verbs.Governance;
using Mesh.Tool.Verbs.Ledger;
using Mesh.Tool.Verbs.SelfPrompt;
using Mesh.Tool.Verbs.Simulate;

namespace Mesh.Tool;

/// <summary>The command line as a whole.</summary>
internal static class MeshCommand
{
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, Terminal terminal, InvocationConfiguration configuration, CancellationToken cancellationToken = default)
    {
        var root = new RootCommand("The mesh's command line.")
        {
            InitVerb.Create(terminal), KeysVerb.Create(terminal), SignVerb.Create(terminal), MemberVerb.Create(terminal),
            ProposeVerb.Create(terminal), WaitingVerb.Create(terminal), ShowVerb.Create(terminal), VoteVerb.Approve(terminal), VoteVerb.Reject(terminal), WithdrawVerb.Create(terminal),
            StatusVerb.Create(terminal), PhaseVerb.Create(terminal), HaltVerb.Create(terminal), ResumeVerb.Create(terminal), LedgerVerb.Create(terminal),
            SelfPromptVerb.Create(terminal), SimulateVerb.Create(terminal), EvalVerb.Create(), TrainVerb.Create(),
        };
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExample((HelpAction)help.Action!);
        var parsed = root.Parse(arguments);
        var code = await parsed.InvokeAsync(configuration, cancellationToken);
        return parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction ? ExitCode.Usage : code;
    }
}
