using System.CommandLine;
using System.Globalization;
using System.Text;
using Mesh.Ledger;
using Mesh.Ledger.Entries;
using Mesh.Ledger.Proofs;
using Mesh.Ledger.Tiles;
using Mesh.Tool.Governance;
using Mesh.Tool.Ledger;

namespace Mesh.Tool.Verbs.Ledger;

/// <summary><c>mesh ledger proof</c>: the receipt of an entry, made and checked. The check needs nothing but files.</summary>
internal static class ProofVerb
{
    public static Command Create(Terminal terminal)
    {
        var what = new Argument<string?>("entry") { Description = "The entry's id or index.", Arity = ArgumentArity.ZeroOrOne };
        var output = new Option<string?>("--out") { Description = "Where the proof is written. Default: standard output." };
        var check = new Option<string?>("--check") { Description = "A proof to check, offline." };
        var file = new Option<string?>("--entry") { Description = "The entry: read with --check, else written here." };
        var command = new Verb("proof", "The proof that an entry is in the ledger (C2SP tlog-proof), or the check of one.",
            "mesh ledger proof genesis --out genesis.tlog-proof --entry genesis-entry.json\nmesh ledger proof --check genesis.tlog-proof --entry genesis-entry.json --genesis genesis.json")
        {
            what, output, check, file,
        };
        var ledger = new LedgerOptions(command, terminal);
        command.Does(terminal, async (arguments, cancellationToken) =>
        {
            var (wanted, proof, path) = (arguments.GetValue(what), arguments.GetValue(check), arguments.GetValue(file));
            if (wanted is null == proof is null || (proof is not null && path is null))
                throw ToolException.Usage("Name an entry, or a proof to check and its entry: --check FILE --entry FILE.");
            if (proof is not null)
                return Check(terminal, ledger, arguments, proof, path!);
            var source = ledger.Open(arguments, out var client);
            using var _ = client;
            var (made, entry) = await MakeAsync(source, wanted!, cancellationToken);
            if (path is not null)
                await File.WriteAllBytesAsync(path, entry.Bytes, cancellationToken);
            if (arguments.GetValue(output) is { } target)
                await File.WriteAllTextAsync(target, made.ToString(), cancellationToken);
            else
                terminal.Out.Profile.Out.Writer.Write(made.ToString());
            return ExitCode.Ok;
        });
        return command;
    }

    private static async Task<(LedgerProof Proof, LedgerEntry Entry)> MakeAsync(ILedgerSource source, string wanted, CancellationToken cancellationToken)
    {
        var head = await source.CheckpointAsync(cancellationToken);
        var size = head.Checkpoint.Size;
        var isIndex = long.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out var index);
        var found = source.EntriesAsync(isIndex ? index : 0, size, cancellationToken).Where(e => isIndex ? e.Index == index : e.Entry.Id == wanted);
        var (at, entry) = await found.FirstOrDefaultAsync(cancellationToken) ?? throw new ToolException(ExitCode.Refused, $"The committed ledger, {size} entries, has no entry {Plain.Of(wanted)}.");
        try
        {
            return (new(at, await new TileTree(source, size).ProveInclusionAsync(at, cancellationToken), head), entry);
        }
        catch (LedgerDamagedException fault)
        {
            throw ToolException.Unverified(fault.Message);
        }
    }

    private static int Check(Terminal terminal, LedgerOptions ledger, ParseResult arguments, string proofFile, string entryFile)
    {
        var genesis = ledger.RequiredGenesis(arguments);
        try
        {
            var proof = LedgerProof.Parse(Files.ReadText(proofFile));
            var entry = LedgerEntry.Parse(Encoding.UTF8.GetBytes(Files.ReadText(entryFile).TrimEnd('\r', '\n')));
            var policy = genesis.Configuration.Witnesses;
            if (!proof.Proves(entry, genesis.LogKey, policy, out var reason))
                throw ToolException.Unverified(reason);
            var witnesses = policy.Cosigned(proof.Checkpoint).Select(c => $"{c.Witness.Name} at {DateTimeOffset.FromUnixTimeSeconds(c.Time):u}");
            terminal.Print($"It holds: '{entry.Id}' is entry {proof.Index} of {proof.Checkpoint.Checkpoint.Size} in the ledger of {genesis.LogKey.Name}, cosigned by {string.Join(", ", witnesses)}.");
            return ExitCode.Ok;
        }
        catch (FormatException fault)
        {
            throw ToolException.Unverified(fault.Message);
        }
    }
}
