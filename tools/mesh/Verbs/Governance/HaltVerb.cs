using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using Mesh.Governance.Acts;
using Mesh.Tool.Governance;

namespace Mesh.Tool.Verbs.Governance;

/// <summary><c>mesh halt</c>: one member on call stops the mesh.</summary>
internal static class HaltVerb
{
    private static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(5);

    public static Command Create(Terminal terminal)
    {
        var reason = new Option<string>("--reason") { Description = "Why; everybody sees it.", Required = true };
        var yes = new Option<bool>("--yes") { Description = "Halts without asking." };
        var direct = new Option<string[]?>("--direct") { Description = "Tells the nodes at these addresses themselves, with no router and no governance; without an address, those of the genesis in the data folder.", Arity = ArgumentArity.ZeroOrMore, AllowMultipleArgumentsPerToken = true, HelpName = "url" };
        var print = new Option<bool>("--print") { Description = "Prints the signed note and sends nothing." };
        var name = new Option<string?>("--mesh") { Description = "The mesh's name. Default: that of the genesis in the data folder, else the mesh at --url is asked." };
        var timeout = new Option<TimeSpan?>("--timeout") { Description = "Longest to wait for nodes that are told directly. Default: 5s.", CustomParser = Durations.Parse, HelpName = "time" };
        var command = new Verb("halt", "Ends every stream, refuses new ones and undoes the last three changes. Two others resume the mesh.", "mesh halt --yes --reason 'it insults people'\nmesh halt --yes --reason 'it insults people' --direct http://10.0.0.1:8080 http://10.0.0.2:8090")
        {
            reason, yes, direct, print, name, timeout,
        };
        var mesh = new MeshOptions(command, terminal);
        var keys = new MemberKeys(command, mesh);
        command.Does(terminal, async (arguments, cancellationToken) =>
        {
            using var key = keys.Load(arguments);
            var isDirect = arguments.GetResult(direct) is { Implicit: false };
            var urls = isDirect ? Urls(arguments.GetValue(direct) ?? [], mesh, arguments) : [];
            var of = await MeshNames.FindAsync(arguments.GetValue(name), mesh, arguments, cancellationToken);
            var order = SignedAct.Sign(new HaltOrder(of, key.Name, arguments.GetValue(reason)!, terminal.Now, RandomNumberGenerator.GetHexString(32, lowercase: true)), key);
            var note = order.Note.ToString();
            if (arguments.GetValue(print))
            {
                terminal.Out.Profile.Out.Writer.Write(note);
                return ExitCode.Ok;
            }
            if (mesh.IsInteractive(arguments) && !arguments.GetValue(yes) && !await terminal.ConfirmAsync($"Halt the mesh {of} as {key.Name}?", cancellationToken))
                throw new ToolException(ExitCode.Refused, "The mesh was not halted.");
            if (isDirect)
            {
                var halt = new DirectHalt(terminal);
                return halt.Report(await halt.SendAsync(urls, note, arguments.GetValue(timeout) ?? DefaultPatience, cancellationToken), mesh.IsJson(arguments));
            }
            using var client = mesh.Open(arguments);
            return Report(terminal, await SendAsync(client, note, cancellationToken), order.Hash, mesh.IsJson(arguments));
        });
        return command;
    }

    private static async Task<JsonElement> SendAsync(GovernanceClient client, string note, CancellationToken cancellationToken)
    {
        try
        {
            return await client.PostNoteAsync("governance/halt", note, cancellationToken);
        }
        catch (ToolException fault) when (fault.Code is ExitCode.Unreachable or ExitCode.TimedOut)
        {
            throw new ToolException(fault.Code, $"{fault.Message} `mesh halt --direct URL...` tells the nodes themselves.");
        }
    }

    /// <summary>Who was reached, and whether the ledger has it.</summary>
    private static int Report(Terminal terminal, JsonElement answer, string id, bool isJson)
    {
        var reach = Reach.Of(answer);
        terminal.Print(isJson ? answer.GetRawText() : id);
        reach.SayReached(terminal, "Halted", " `mesh resume` takes two others.");
        if (answer.TryGetProperty("committed", out var committed) && committed.ValueKind == JsonValueKind.False)
            terminal.Say($"{(answer.TryGetProperty("index", out var index) ? $"Its entry {index} in the ledger waits for a majority of witnesses" : "It is not in the ledger yet")}; that follows by itself, and delays nothing.");
        return reach.SayUnreached(terminal, "Tell them with --direct, or wait for their lease to end.");
    }

    private static Uri[] Urls(string[] named, MeshOptions mesh, ParseResult arguments)
    {
        if (named.Length == 0)
            named = [.. (mesh.Genesis(arguments, null)?.Configuration.Nodes ?? []).Select(n => n.Url).OfType<string>()];
        return named.Length > 0 ? [.. named.Distinct().Select(MeshOptions.UrlOf)]
            : throw ToolException.Usage($"Name the nodes' addresses after --direct: {mesh.GenesisPath(arguments)} has none.");
    }
}
