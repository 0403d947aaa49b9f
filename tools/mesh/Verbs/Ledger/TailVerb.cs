using System.CommandLine;
using Mesh.Tool.Governance;
using Mesh.Tool.Ledger;

namespace Mesh.Tool.Verbs.Ledger;

/// <summary><c>mesh ledger tail</c>: the newest committed entries, and those that come.</summary>
internal static class TailVerb
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public static Command Create(Terminal terminal)
    {
        var follow = new Option<bool>("--follow", "-f") { Description = "Goes on with what is appended, until Ctrl-C." };
        var count = new Option<int>("--lines", "-n") { Description = "How many of the newest.", DefaultValueFactory = _ => 10 };
        Corpus.AtLeast(count, 0);
        var command = new Verb("tail", "The newest entries of the ledger; with --json a line of JSON each.", "mesh ledger tail -f") { follow, count };
        var ledger = new LedgerOptions(command, terminal);
        command.Does(terminal, async (arguments, cancellationToken) =>
        {
            var source = ledger.Open(arguments, out var client);
            using var _ = client;
            var size = (await source.CheckpointAsync(cancellationToken)).Checkpoint.Size;
            var next = Math.Max(0, size - arguments.GetValue(count));
            while (true)
            {
                await foreach (var entry in source.EntriesAsync(next, size, cancellationToken))
                {
                    terminal.Print(ledger.Mesh.IsJson(arguments) ? entry.Json : string.Join("  ", entry.Cells.Select(Plain.Of)));
                    next = entry.Index + 1;
                }
                if (!arguments.GetValue(follow))
                    return ExitCode.Ok;
                await Task.Delay(Pause, terminal.Clock, cancellationToken);
                size = await NewestAsync(source, size, cancellationToken);
            }
        });
        return command;
    }

    /// <summary>A mesh that restarts is waited for.</summary>
    private static async Task<long> NewestAsync(ILedgerSource source, long size, CancellationToken cancellationToken)
    {
        try
        {
            return Math.Max(size, (await source.CheckpointAsync(cancellationToken)).Checkpoint.Size);
        }
        catch (ToolException fault) when (fault.Code is ExitCode.Unreachable or ExitCode.TimedOut)
        {
            return size;
        }
    }
}
