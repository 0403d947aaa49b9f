using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Entries;
using Mesh.Ledger.Tiles;
using Mesh.Ledger.Tree;

namespace Mesh.Ledger.Verification;

/// <summary>One pass over a log.</summary>
/// <param name="entries">Gets every entry in its order, before it is known whether it is the one that the tree has.</param>
internal sealed class VerificationRun(ITileSource source, Checkpoint head, IReadOnlyList<SignedCheckpoint> checkpoints, Action<long, LedgerEntry>? entries)
{
    /// <summary>Findings of one kind that are kept.</summary>
    private const int Most = 1024;
    private readonly EntryDiff _diff = new();
    private readonly EntryRules _rules = new(entries);
    private readonly List<Finding> _others = [];
    private readonly TreeEdge _edge = new();
    private (Tile Tile, Hash[]? Hashes) _parent = (new(-2, 0, 0), null);
    private int _checkpoint;
    private long _lastGood;

    public bool HasMore => _diff.HasMore || _others.Count > Most;

    public long Entries => _edge.Size;

    /// <summary>In the order of the log.</summary>
    public IEnumerable<Finding> Findings() => _diff.Explain().Concat(_others).OrderBy(f => f.Index ?? FirstEntry(f.Tile) ?? head.Size);

    public async Task ReadAsync(IProgress<long>? progress, CancellationToken stop)
    {
        CheckBeginnings();
        foreach (var bundle in Tile.AllIn(head.Size, Tile.EntriesLevel))
        {
            stop.ThrowIfCancellationRequested();
            await ReadBundleAsync(bundle, stop);
            progress?.Report(Entries);
            // So much is wrong that the rest tells nothing; and a log may claim any size.
            if (_diff.HasMore)
                return;
        }
        foreach (var (tile, hashes) in _edge.Partial.Where(t => t.Tile.Level > 0).ToArray())
            await CompareAsync(tile, hashes, stop);
    }

    private async Task ReadBundleAsync(Tile bundle, CancellationToken stop)
    {
        var first = bundle.Index * Tile.FullWidth;
        var entries = await EntriesAsync(bundle, stop);
        for (var i = 0; i < entries.Count; i++)
            foreach (var finding in _rules.Check(first + i, entries[i]))
                Add(finding);
        Hash?[] actual = [.. entries.Select(e => (Hash?)MerkleTree.Leaf(e.Span)), .. Enumerable.Repeat((Hash?)null, bundle.Width - entries.Count)];
        var tile = bundle with { Level = 0 };
        var stored = await TryReadAsync(tile, stop);
        var right = stored ?? [.. actual.Select(a => a ?? default)];
        if (stored is not null && !actual.SequenceEqual(stored.Select(s => (Hash?)s)))
            right = await DecideAsync(tile, stored, actual, stop);
        foreach (var (leaf, index) in right.Select((leaf, i) => (leaf, first + i)))
        {
            if (actual[index - first] != leaf || leaf == default)
                _diff.Add(index, leaf, actual[index - first]);
            var full = new List<(Tile, Hash[])>();
            _edge.Append(leaf, (t, hashes) => full.Add((t, hashes)));
            foreach (var (above, hashes) in full.Where(f => f.Item1.Level > 0))
                await CompareAsync(above, hashes, stop);
            CheckBeginnings();
        }
    }

    private async Task<List<ReadOnlyMemory<byte>>> EntriesAsync(Tile bundle, CancellationToken stop)
    {
        var exact = await source.ReadAsync(bundle, stop);
        var (entries, hasRest) = EntryBundle.Parse(exact ?? await source.ReadGrownAsync(bundle, stop) ?? []);
        // A bundle that was read for one that has grown since has more entries than this tree, and that is no harm.
        if (hasRest || (exact is not null && entries.Count > bundle.Width))
            Add(new(FindingKind.Added, $"{bundle}: after entry {bundle.Index * Tile.FullWidth + Math.Min(entries.Count, bundle.Width) - 1} comes more than the tree has.", Tile: bundle));
        return [.. entries.Take(bundle.Width)];
    }

    /// <summary>An entry and its tile differ: right is what hashes to the tile above, or, at the right edge, to the root.</summary>
    private async Task<Hash[]> DecideAsync(Tile tile, Hash[] stored, Hash?[] actual, CancellationToken stop)
    {
        if (actual.Any(a => a is null))
            return stored;
        Hash[] entries = [.. actual.Select(a => a!.Value)];
        var isTileWrong = tile.IsFull
            ? await ParentAsync(tile, stop) is { } parent && MerkleTree.Root(stored) != parent && MerkleTree.Root(entries) == parent
            : RootWith(stored) != head.Root && RootWith(entries) == head.Root;
        if (!isTileWrong)
            return stored;
        Report(tile, stored, entries);
        return entries;
    }

    private Hash RootWith(Hash[] last)
    {
        var edge = _edge.Copy();
        foreach (var hash in last)
            edge.Append(hash);
        return edge.Root();
    }

    private async Task<Hash?> ParentAsync(Tile tile, CancellationToken stop)
    {
        var above = Tile.In(head.Size, tile.Level + 1, tile.Index / Tile.FullWidth);
        if (_parent.Tile != above)
            _parent = (above, await source.ReadGrownAsync(above, stop) is { } bytes && bytes.Length >= above.Width * Hash.Bytes ? Hash.ManyFrom(bytes.AsSpan(0, above.Width * Hash.Bytes)) : null);
        return _parent.Hashes?[tile.Index % Tile.FullWidth];
    }

    private async Task<Hash[]?> TryReadAsync(Tile tile, CancellationToken stop)
    {
        try
        {
            return await source.ReadHashesAsync(tile, stop);
        }
        catch (LedgerDamagedException e)
        {
            Add(new(FindingKind.Tile, e.Message, Tile: tile));
            return null;
        }
    }

    private async Task CompareAsync(Tile tile, Hash[] hashes, CancellationToken stop)
    {
        if (await TryReadAsync(tile, stop) is { } stored)
            Report(tile, stored, hashes);
    }

    private void Report(Tile tile, Hash[] stored, Hash[] right)
    {
        var at = stored.Zip(right).TakeWhile(pair => pair.First == pair.Second).Count();
        if (at == right.Length)
            return;
        var entries = 1L << (Tile.Height * tile.Level);
        var first = (tile.Index * Tile.FullWidth + at) * entries;
        Add(new(FindingKind.Tile, $"{tile}: hash {at} is not that of {(entries == 1 ? $"entry {first}" : $"the entries {first} to {first + entries - 1}")}.", Tile: tile));
    }

    /// <summary>Compares the tree so far with every checkpoint of its size.</summary>
    private void CheckBeginnings()
    {
        for (; _checkpoint < checkpoints.Count && checkpoints[_checkpoint].Checkpoint is var checkpoint && (checkpoint.Size <= _edge.Size || _edge.Size == head.Size); _checkpoint++)
        {
            if (checkpoint.Size > head.Size)
                Add(new(FindingKind.Cut, $"A checkpoint of {checkpoint.Size} entries was signed, and this tree ends before entry {head.Size}.", head.Size));
            else if (_edge.Root() == checkpoint.Root)
                _lastGood = checkpoint.Size;
            else
                Add(new(FindingKind.Forked, $"The log is forked: one of the entries {_lastGood} to {checkpoint.Size - 1} is another one than in the tree of {checkpoint.Size} entries that was signed.", _lastGood));
        }
    }

    private static long? FirstEntry(Tile? tile) => tile is { } t ? (t.Index * Tile.FullWidth) << (Tile.Height * Math.Max(t.Level, 0)) : null;

    private void Add(Finding finding)
    {
        if (_others.Count <= Most)
            _others.Add(finding);
    }
}
