using System.CommandLine;
using Mesh.Tool.Governance.Views;
using Mesh.Tool.Ledger;
using Spectre.Console;

namespace Mesh.Tool.Verbs.Ledger;

/// <summary><c>mesh ledger find</c>: entries by type and text.</summary>
internal static class FindVerb
{
    public static Command Create(Terminal terminal)
    {
        var type = new Option<string?>("--type") { Description = "genesis, proposal, vote, vote_refused, withdrawal, decision, configuration, report, halt, resume or self." };
        var text = new Option<string?>("--text") { Description = "Text that the entry's JSON has, whatever its capitals: a name, a hash, a word of a reason." };
        var after = new Option<long>("--after") { Description = "Entries after this index.", DefaultValueFactory = _ => -1 };
        var limit = new Option<int>("--limit") { Description = "Most entries.", DefaultValueFactory = _ => 100 };
        Corpus.AtLeast(limit, 1);
        var command = new Verb("find", "Finds entries of the ledger.", "mesh ledger find --type vote --text ada --limit 20") { type, text, after, limit };
        var ledger = new LedgerOptions(command, terminal);
        command.Does(terminal, async (arguments, cancellationToken) =>
        {
            var source = ledger.Open(arguments, out var client);
            using var _ = client;
            var size = (await source.CheckpointAsync(cancellationToken)).Checkpoint.Size;
            var (wanted, word) = (arguments.GetValue(type), arguments.GetValue(text));
            var found = source.EntriesAsync(Math.Max(0, arguments.GetValue(after) + 1), size, cancellationToken)
                .Where(e => (wanted is null || e.Entry.Type == wanted) && (word is null || e.Entry.ToString().Contains(word, StringComparison.OrdinalIgnoreCase)))
                .Take(arguments.GetValue(limit));
            var table = ProposalView.Table("index", "time", "type", "id", "says");
            var json = new List<string>();
            await foreach (var entry in found)
            {
                json.Add(entry.Json);
                table.AddRow(ProposalView.Cells(entry.Cells));
            }
            if (ledger.Mesh.IsJson(arguments))
                terminal.Print($"[{string.Join(",\n", json)}]");
            else
                terminal.Out.Write(table);
            return ExitCode.Ok;
        });
        return command;
    }
}
