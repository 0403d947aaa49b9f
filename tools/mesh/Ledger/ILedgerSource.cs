using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Tiles;
using Mesh.Tool.Governance;

namespace Mesh.Tool.Ledger;

/// <summary>A ledger somewhere: at an address or in a folder, in the layout of C2SP tlog-tiles. Nothing that it gives is trusted.</summary>
internal interface ILedgerSource : ITileSource
{
    /// <summary>What to call it.</summary>
    string Place { get; }

    Task<byte[]?> ReadAsync(string path, CancellationToken cancellationToken);

    Task<byte[]?> ITileSource.ReadAsync(Tile tile, CancellationToken stop) => ReadAsync(tile.Path, stop);
}

internal sealed class AddressedLedger(GovernanceClient client) : ILedgerSource
{
    public string Place => client.Url.ToString();

    public Task<byte[]?> ReadAsync(string path, CancellationToken cancellationToken) => client.FindBytesAsync($"ledger/{path}", cancellationToken);
}

internal sealed class FolderLedger(string folder) : ILedgerSource
{
    public string Place => folder;

    public async Task<byte[]?> ReadAsync(string path, CancellationToken cancellationToken)
    {
        var file = Path.Combine(folder, path);
        return File.Exists(file) ? await File.ReadAllBytesAsync(file, cancellationToken) : null;
    }
}

internal static class LedgerSources
{
    /// <exception cref="ToolException">There is none.</exception>
    public static async Task<SignedCheckpoint> CheckpointAsync(this ILedgerSource source, CancellationToken cancellationToken)
    {
        var bytes = await source.ReadAsync("checkpoint", cancellationToken) ?? throw new ToolException(ExitCode.Unreachable, $"There is no committed ledger at {source.Place}.");
        try
        {
            return SignedCheckpoint.Parse(System.Text.Encoding.UTF8.GetString(bytes));
        }
        catch (FormatException fault)
        {
            throw ToolException.Unverified($"The checkpoint at {source.Place} is none: {fault.Message}");
        }
    }
}
