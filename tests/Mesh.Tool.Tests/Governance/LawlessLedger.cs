using System.Text.Json;
using Mesh.Governance;
using Mesh.Governance.State;
using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Log;
using Mesh.Ledger.Tiles;

namespace Mesh.Tool.Tests.Governance;

/// <summary>The same ledger and one entry more that no rule allows, with every hash, signature and cosignature right.</summary>
internal static class LawlessLedger
{
    public static async Task<IAsyncDisposable> MakeAsync(GovernedMesh mesh, string folder)
    {
        var (log, witnesses) = mesh.Signers;
        var copy = await LedgerLog<long>.OpenAsync(new MemoryLedgerStore(), new(log, "governance-1"), 0L, (count, _) => count + 1, TimeProvider.System, default);
        for (var index = 0L; await mesh.Log.ReadEntryAsync(index, default) is { } entry; index++)
            await copy.AppendAsync(new(entry.Type, entry.Id, entry.Body), default);
        var decision = new DecisionBody(mesh.State.Unfinished.Single(), Outcome.Approved);
        await copy.AppendAsync(new(EntryTypes.Decision, EntryIds.Decision(decision.Proposal), JsonSerializer.SerializeToElement(decision, GovernanceJson.Default.DecisionBody)), default);
        var head = copy.SignHead();
        head = head.With([.. witnesses.Select(w => Cosignature.Sign(w, head.Checkpoint, DateTimeOffset.UtcNow.ToUnixTimeSeconds()))]);
        Directory.Delete(folder, recursive: true);
        foreach (var tile in new[] { Tile.In(copy.Size, Tile.EntriesLevel, 0), Tile.In(copy.Size, 0, 0) })
        {
            var file = Path.Combine(folder, tile.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllBytesAsync(file, (await copy.Tiles.ReadAsync(tile, default))!);
        }
        await File.WriteAllTextAsync(Path.Combine(folder, "checkpoint"), head.ToString());
        return copy;
    }
}
