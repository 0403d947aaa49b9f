using Mesh.Ledger.Tree;

namespace Mesh.Ledger.Tiles;

/// <summary>The partial tiles at the right edge of a growing tree: all that is needed to add leaves and to know the root.</summary>
public sealed class TreeEdge
{
    private readonly List<List<Hash>> _levels;

    public TreeEdge() => _levels = [];

    private TreeEdge(TreeEdge other)
    {
        _levels = [.. other._levels.Select(level => new List<Hash>(level))];
        Size = other.Size;
    }

    public long Size { get; private set; }

    /// <summary>The partial tiles, from level 0 up; those without a hash are left out.</summary>
    public IEnumerable<(Tile Tile, Hash[] Hashes)> Partial =>
        _levels.Select((hashes, level) => (Tile.In(Size, level, Size >> (Tile.Height * (level + 1))), hashes.ToArray())).Where(t => t.Item1.Width > 0);

    public TreeEdge Copy() => new(this);

    /// <param name="full">Gets each tile that this leaf fills.</param>
    public void Append(Hash leaf, Action<Tile, Hash[]>? full = null)
    {
        Size++;
        var hash = leaf;
        for (var level = 0; ; level++)
        {
            if (level == _levels.Count)
                _levels.Add(new(Tile.FullWidth));
            var hashes = _levels[level];
            hashes.Add(hash);
            if (hashes.Count < Tile.FullWidth)
                return;
            Hash[] all = [.. hashes];
            hashes.Clear();
            full?.Invoke(new(level, (Size >> (Tile.Height * (level + 1))) - 1, Tile.FullWidth), all);
            hash = MerkleTree.Root(all);
        }
    }

    public Hash Root() => new LeafRange(0, Size).Hash(subtree =>
    {
        var (level, _, start, count) = Tile.Find(subtree);
        return MerkleTree.Root(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_levels[level]).Slice(start, count));
    });
}
