using System.CommandLine;
using System.Security.Cryptography;
using Mesh.Governance.Acts;
using Mesh.Ledger.Signing;
using Mesh.Tool.Governance;
using Mesh.Tool.Governance.Views;

namespace Mesh.Tool.Verbs.Governance;

/// <summary><c>mesh resume</c>: two members who did not halt let the mesh go on, on one machine or by a note that is passed on.</summary>
internal static class ResumeVerb
{
    public static Command Create(Terminal terminal)
    {
        var halts = new Option<string[]?>("--halt") { Description = "The halts that end, by their ids or the first 8 or more digits. Default: all that go on.", AllowMultipleArgumentsPerToken = true, HelpName = "id" };
        var reason = new Option<string?>("--reason") { Description = "Why it is safe again." };
        var print = new Option<bool>("--print") { Description = "Prints the note with your signature, for somebody else to add theirs, and sends nothing." };
        var file = new Option<string?>("--note") { Description = "A note that somebody printed: your signature is added, and it is sent when that is enough. \"-\" reads standard input." };
        var yes = new Option<bool>("--yes") { Description = "Signs without asking." };
        var command = new Verb("resume", "Ends a halt. It takes two signatures of members who did not halt.", "mesh resume --as bob --as eve --reason 'the gate is back'\nmesh resume --as bob --reason 'the gate is back' --print > resume.note; mesh resume --as eve --note resume.note")
        {
            halts, reason, print, file, yes,
        };
        var mesh = new MeshOptions(command, terminal);
        var keys = new MemberKeys(command, mesh);
        command.Does(terminal, async (arguments, cancellationToken) =>
        {
            var signers = keys.LoadAll(arguments);
            using var client = mesh.Open(arguments);
            var status = await client.GetAsync("governance/status", AnswerJson.Default.StatusAnswer, cancellationToken);
            var act = arguments.GetValue(file) is { } path ? SignedAct.Parse<ResumeOrder>(Files.ReadText(path)) : SignedAct.Sign(new ResumeOrder(
                status.Mesh, Ids(arguments.GetValue(halts) ?? [], status.Halts), arguments.GetValue(reason) ?? throw ToolException.Usage("Say why: --reason TEXT."), terminal.Now,
                RandomNumberGenerator.GetHexString(32, lowercase: true)));
            Show(terminal, act.Act, status);
            if (mesh.IsInteractive(arguments) && !arguments.GetValue(yes) && !await terminal.ConfirmAsync($"Sign as {string.Join(" and ", signers.Select(s => s.Name))}?", cancellationToken))
                throw new ToolException(ExitCode.Refused, "Nothing was signed.");
            foreach (var signer in signers.Where(s => !act.Note.IsSignedBy(s.Verifier)))
                act = act with { Note = act.Note.With(signer) };
            return await FinishAsync(terminal, client, act, status, arguments.GetValue(print), mesh.IsJson(arguments), cancellationToken);
        });
        return command;
    }

    private static async Task<int> FinishAsync(Terminal terminal, GovernanceClient client, SignedAct<ResumeOrder> act, StatusAnswer status, bool isPrinted, bool isJson, CancellationToken cancellationToken)
    {
        string? missing = null;
        try
        {
            act.Verify([.. status.Halts.Where(h => act.Act.Halts.Contains(h.Id)).Select(h => h.Requester)], await client.ConfigurationAsync(cancellationToken));
        }
        catch (ActRefusedException refused)
        {
            missing = refused.Message;
        }
        if (isPrinted || missing is not null)
        {
            terminal.Out.Profile.Out.Writer.Write(act.Note.ToString());
            terminal.Say($"{missing ?? "It has the signatures that it needs."} Pass the note on: mesh resume --note FILE");
            return isPrinted ? ExitCode.Ok : ExitCode.Refused;
        }
        var answer = await client.PostNoteAsync("governance/resume", act.Note.ToString(), cancellationToken);
        terminal.Print(isJson ? answer.GetRawText() : act.Hash);
        var reach = Reach.Of(answer);
        reach.SayReached(terminal, "Resumed", status.Halts.Count > act.Act.Halts.Count ? " Other halts go on: `mesh status` shows them." : "");
        return reach.SayUnreached(terminal, "They go on once they hear of it from governance; `mesh status` shows who has not.");
    }

    private static void Show(Terminal terminal, ResumeOrder order, StatusAnswer status)
    {
        foreach (var id in order.Halts)
            terminal.Say($"Ends {ProposalView.Short(id)}: {(status.Halts.FirstOrDefault(h => h.Id == id) is { } halt ? $"{halt.Requester}, \"{halt.Reason}\"" : "a halt that this mesh does not have")}");
        terminal.Say($"because: {order.Reason}");
    }

    private static string[] Ids(string[] named, IReadOnlyList<HaltAnswer> halts)
    {
        if (halts.Count == 0)
            throw new ToolException(ExitCode.Refused, "The mesh is not halted.");
        return named.Length == 0 ? [.. halts.Select(h => h.Id)] : [.. named.Select(text => Resolve(text, halts)).Distinct()];
    }

    private static string Resolve(string text, IReadOnlyList<HaltAnswer> halts) =>
        text.Length >= SignedProposals.LeastDigits && halts.Where(h => h.Id.StartsWith(text, StringComparison.Ordinal)).ToArray() is [var halt]
            ? halt.Id : throw ToolException.Usage($"'{Plain.Of(text)}' begins none of the halts that go on, or several: {string.Join(", ", halts.Select(h => h.Id))}.");
}
