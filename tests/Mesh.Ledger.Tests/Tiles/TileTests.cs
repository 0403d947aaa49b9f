using CsCheck;
using Mesh.Ledger.Tests.Tree;
using Mesh.Ledger.Tiles;
using Mesh.Ledger.Tree;
using Hash = Mesh.Ledger.Tree.Hash;

namespace Mesh.Ledger.Tests.Tiles;

public sealed class TileTests
{
    /// <summary>1234067 is the example of C2SP tlog-tiles.</summary>
    [Theory]
    [InlineData(0, 1234067, 256, "tile/0/x001/x234/067")]
    [InlineData(0, 0, 256, "tile/0/000")]
    [InlineData(1, 1067, 112, "tile/1/x001/067.p/112")]
    [InlineData(Tile.EntriesLevel, 5, 1, "tile/entries/005.p/1")]
    public void Paths(int level, long index, int width, string path)
    {
        Assert.Equal(path, new Tile(level, index, width).Path);
        Assert.True(Tile.TryParse(path, out var tile));
        Assert.Equal(new(level, index, width), tile);
    }

    [Theory]
    [InlineData("tile/0/0")]
    [InlineData("tile/00/000")]
    [InlineData("tile/8/000")]
    [InlineData("tile/-1/000")]
    [InlineData("tile/0/x000/001")]
    [InlineData("tile/0/001/067")]
    [InlineData("tile/0/x001/x067")]
    [InlineData("tile/0/000.p/0")]
    [InlineData("tile/0/000.p/256")]
    [InlineData("tile/0/000.p/01")]
    [InlineData("tile/0/000.p/1.p/1")]
    [InlineData("tile/0/x999/x999/x999/x999/x999/x999/x999/999")]
    [InlineData("tile/0/../../etc/passwd")]
    [InlineData("tile/entries/..")]
    [InlineData("/tile/0/000")]
    [InlineData("tile/0/%2e%2e")]
    [InlineData("tile/0/٠٠٠")]
    [InlineData("tile/0/")]
    [InlineData("tile/")]
    [InlineData("")]
    public void What_is_no_path_is_refused(string path) => Assert.False(Tile.TryParse(path, out _));

    /// <summary>The numbers of the specification's example.</summary>
    [Fact]
    public void A_tree_of_70000_has_these_tiles()
    {
        Assert.Equal([new(0, 273, 112)], Tile.AllIn(70_000, 0).Skip(273));
        Assert.Equal([new(1, 0, 256), new(1, 1, 17)], Tile.AllIn(70_000, 1));
        Assert.Equal([new(2, 0, 1)], Tile.AllIn(70_000, 2));
        Assert.Empty(Tile.AllIn(70_000, 3));
        Assert.Equal([new(1, 0, 1)], Tile.AllIn(256, 1));
        Assert.Empty(Tile.AllIn(255, 1));
    }

    /// <summary>Three levels of tiles: what grows leaf by leaf is the tree, and proofs are made of its tiles.</summary>
    [Fact]
    public async Task Proofs_of_a_tree_of_70000_come_from_few_tiles()
    {
        const int Size = 70_000;
        var leaves = Reference.Leaves(Size);
        var (edge, source) = (new TreeEdge(), new CountingTiles());
        foreach (var leaf in leaves)
            edge.Append(leaf, source.Add);
        foreach (var (tile, hashes) in edge.Partial)
            source.Add(tile, hashes);
        var root = MerkleTree.Root(leaves);
        Assert.Equal(root, edge.Root());
        var tree = new TileTree(source, Size);
        Assert.Equal(root, await tree.RootAsync(default));
        foreach (var index in (int[])[0, 1, 255, 256, 65_535, 65_536, 69_887, 69_888, Size - 1])
        {
            source.Reads = 0;
            Assert.True(MerkleProofs.IsIncluded(leaves[index], index, Size, await tree.ProveInclusionAsync(index, default), root));
            Assert.InRange(source.Reads, 1, 6);
        }
        foreach (var old in (int[])[1, 255, 256, 257, 65_536, 65_793, Size - 1])
            Assert.True(MerkleProofs.IsConsistent(old, MerkleTree.Root(leaves.AsSpan(0, old)), Size, root, await tree.ProveConsistencyAsync(old, default)));
    }

    [Fact]
    public void An_edge_has_the_root_of_every_size()
    {
        var (leaves, edge) = (Reference.Leaves(1000), new TreeEdge());
        Assert.Equal(MerkleTree.Empty, edge.Root());
        for (var size = 1; size <= leaves.Length; size++)
        {
            edge.Append(leaves[size - 1]);
            Assert.Equal(MerkleTree.Root(leaves.AsSpan(0, size)), edge.Root());
        }
    }

    [Fact]
    public void Bundles_read_back() => Gen.Byte.Array[0, 300].Array[1, 256].Sample(entries =>
    {
        var bytes = EntryBundle.Format([.. entries.Select(e => (ReadOnlyMemory<byte>)e)]);
        var (read, hasRest) = EntryBundle.Parse(bytes);
        Assert.Equal(entries, read.Select(e => e.ToArray()));
        Assert.False(hasRest);
        Assert.True(EntryBundle.Parse(bytes[..^1]).HasRest || bytes.Length == 1 || EntryBundle.Parse(bytes[..^1]).Entries.Count < entries.Length);
    });

    /// <summary>Any bytes give at most 256 entries and no exception.</summary>
    [Fact]
    public void Any_bytes_are_read_as_a_bundle() => Gen.Byte.Array[0, 2000].Sample(bytes => EntryBundle.Parse(bytes).Entries.Count <= Tile.FullWidth);

    private sealed class CountingTiles : ITileSource
    {
        private readonly Dictionary<Tile, byte[]> _tiles = [];

        public int Reads { get; set; }

        public void Add(Tile tile, Hash[] hashes) => _tiles.Add(tile, Hash.ManyToBytes(hashes));

        public Task<byte[]?> ReadAsync(Tile tile, CancellationToken stop)
        {
            Reads++;
            return Task.FromResult(_tiles.GetValueOrDefault(tile));
        }
    }
}
