using System.CommandLine;
using Mesh.Governance.Http.Genesis;
using Mesh.Tool.Governance;

namespace Mesh.Tool.Ledger;

/// <summary>Which ledger a verb reads, and whom it believes.</summary>
internal sealed class LedgerOptions
{
    private readonly Option<string?> _from = new("--from") { Description = "The address of a mesh, or a folder of `mesh ledger export`. Default: --url.", HelpName = "url|folder" };
    private readonly Option<string?> _genesis = new("--genesis") { Description = "The trust root. Default: governance/genesis.json in the data folder." };

    public LedgerOptions(Command command, Terminal terminal)
    {
        command.Options.Add(_from);
        command.Options.Add(_genesis);
        Mesh = new(command, terminal);
    }

    public MeshOptions Mesh { get; }

    /// <param name="client">Whoever gets it disposes of it; null for a folder.</param>
    public ILedgerSource Open(ParseResult arguments, out GovernanceClient? client)
    {
        client = null;
        if (arguments.GetValue(_from) is not { } from)
            return new AddressedLedger(client = Mesh.Open(arguments));
        if (Directory.Exists(from))
            return new FolderLedger(Path.GetFullPath(from));
        return from.Contains("://", StringComparison.Ordinal) ? new AddressedLedger(client = Mesh.Open(arguments, from)) : throw ToolException.Usage($"There is no folder {from}, and it is no address.");
    }

    /// <summary>Null when none is named and none lies in the data folder.</summary>
    public GenesisDocument? Genesis(ParseResult arguments) => Mesh.Genesis(arguments, arguments.GetValue(_genesis));

    public GenesisDocument RequiredGenesis(ParseResult arguments) =>
        Genesis(arguments) ?? throw ToolException.Usage($"Whom to believe? Name the mesh's genesis with --genesis: {Mesh.GenesisPath(arguments)} is not there.");
}
