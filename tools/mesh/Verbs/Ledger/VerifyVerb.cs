using System.CommandLine;
using Mesh.Governance.Configurations;
using Mesh.Ledger.Checkpoints;
using Mesh.Tool.Governance;
using Mesh.Tool.Ledger;
using Spectre.Console;

namespace Mesh.Tool.Verbs.Ledger;

/// <summary><c>mesh ledger verify</c>: the whole ledger, and that what runs follows from it.</summary>
internal static class VerifyVerb
{
    /// <summary>How often a configuration that is newer than the committed ledger is waited for.</summary>
    private const int MostTries = 10;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public static Command Create(Terminal terminal)
    {
        var command = new Verb("verify", "Checks the ledger from its first entry: hashes, tiles, signatures, cosignatures, Lamport times, every rule, and that the configuration in force follows. It names what was done to it.",
            "mesh ledger verify --genesis genesis.json\nmesh ledger verify --from audit --genesis genesis.json");
        var ledger = new LedgerOptions(command, terminal);
        command.Does(terminal, async (arguments, cancellationToken) =>
        {
            var genesis = ledger.Genesis(arguments);
            var source = ledger.Open(arguments, out var client);
            using var _ = client;
            if (genesis is null)
                terminal.Say($"[yellow]No genesis is named, so the ledger's own first entry is believed.[/]");
            var audit = new LedgerAudit(source, genesis);
            var (head, cosigned) = await RunAsync(terminal, source, audit, cancellationToken);
            var inForce = client is null ? null : await client.ConfigurationAsync(cancellationToken);
            for (var tries = 0; inForce is not null && inForce.Version != audit.State.Configuration!.Version && tries < MostTries; tries++)
            {
                await Task.Delay(Pause, terminal.Clock, cancellationToken);   // a version may be there a moment before it is committed
                (head, cosigned) = await RunAsync(terminal, source, audit, cancellationToken);
                inForce = await client!.ConfigurationAsync(cancellationToken);
            }
            if (inForce is not null)
                Compare(inForce, audit.State.Configuration!);
            Report(terminal, ledger.Mesh.IsJson(arguments), audit, head, cosigned, inForce is not null);
            return ExitCode.Ok;
        });
        return command;
    }

    private static async Task<(SignedCheckpoint Head, IReadOnlyList<Cosignature> Cosigned)> RunAsync(Terminal terminal, ILedgerSource source, LedgerAudit audit, CancellationToken cancellationToken)
    {
        var head = await source.CheckpointAsync(cancellationToken);
        var cosigned = await terminal.Error.Progress().AutoClear(true).Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn()).StartAsync(progress =>
        {
            var task = progress.AddTask($"{head.Checkpoint.Size} entries", maxValue: Math.Max(1, head.Checkpoint.Size));
            return audit.RunAsync(head, new Done(task), cancellationToken);
        });
        return (head, cosigned);
    }

    /// <summary>Told in place, where <see cref="Progress{T}"/> would be late.</summary>
    private sealed class Done(ProgressTask task) : IProgress<long>
    {
        public void Report(long entries) => task.Value = entries;
    }

    private static void Compare(MeshConfiguration inForce, MeshConfiguration decided)
    {
        if (inForce.Version != decided.Version)
            throw ToolException.Unverified($"The mesh says that configuration {inForce.Version} is in force; the committed ledger leads to {decided.Version}.");
        if (inForce != decided)
            throw ToolException.Unverified($"The configuration {inForce.Version} that the mesh says is in force is not the one that was decided.");
    }

    private static void Report(Terminal terminal, bool isJson, LedgerAudit audit, SignedCheckpoint head, IReadOnlyList<Cosignature> cosigned, bool isInForce)
    {
        var (checkpoint, configuration) = (head.Checkpoint, audit.State.Configuration!);
        if (isJson)
        {
            var names = string.Join(',', cosigned.Select(c => $"\"{System.Text.Json.JsonEncodedText.Encode(c.Witness.Name)}\""));
            terminal.Print($$"""{"verified":true,"origin":"{{System.Text.Json.JsonEncodedText.Encode(checkpoint.Origin)}}","size":{{checkpoint.Size}},"root":"{{checkpoint.Root.Hex}}","lamport":{{audit.Lamport}},"cosigned":[{{names}}],"configuration":{{configuration.Version}},"in_force":{{(isInForce ? "true" : "null")}}}""");
            return;
        }
        terminal.Print($"It holds: {checkpoint.Size} entries of {Plain.Of(checkpoint.Origin)}, root {checkpoint.Root.Hex}.");
        terminal.Print($"Cosigned by {string.Join(", ", cosigned.Select(c => $"{Plain.Of(c.Witness.Name)} at {DateTimeOffset.FromUnixTimeSeconds(c.Time):u}"))}. Lamport times rise to {audit.Lamport}.");
        terminal.Print($"Every entry follows the rules; they lead to configuration {configuration.Version}{(isInForce ? ", which is the one in force" : "")}.");
    }
}
