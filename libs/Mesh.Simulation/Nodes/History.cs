using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Tree;

namespace Mesh.Simulation.Nodes;

/// <summary>What an entry of the log says.</summary>
internal enum EntryKind
{
    Note,
    /// <summary>The configuration of this number holds from now on.</summary>
    Configuration,
    /// <summary>The halt of this number is over.</summary>
    Resume,
}

/// <param name="By">The node that appended it.</param>
internal readonly record struct Entry(long Lamport, int By, EntryKind Kind = EntryKind.Note, int Number = 0);

/// <summary>A history that grows.</summary>
internal sealed class History(string origin)
{
    private readonly List<Entry> _entries = [];
    private readonly List<Hash> _leaves = [];
    private readonly Dictionary<LeafRange, Hash> _roots = [];

    public long Size => _leaves.Count;

    public Entry this[int index] => _entries[index];

    public void Append(Entry entry)
    {
        Span<byte> bytes = stackalloc byte[20];
        BitConverter.TryWriteBytes(bytes, entry.Lamport);
        BitConverter.TryWriteBytes(bytes[8..], entry.By);
        BitConverter.TryWriteBytes(bytes[12..], (int)entry.Kind);
        BitConverter.TryWriteBytes(bytes[16..], entry.Number);
        _entries.Add(entry);
        _leaves.Add(MerkleTree.Leaf(bytes));
    }

    public bool Has(EntryKind kind, int number) => _entries.Exists(e => e.Kind == kind && e.Number == number);

    public History Fork()
    {
        var fork = new History(origin);
        fork._entries.AddRange(_entries);
        fork._leaves.AddRange(_leaves);
        return fork;
    }

    public Checkpoint Head() => new(origin, Size, RootAt(Size));

    /// <summary>Of the first so many entries.</summary>
    public Hash RootAt(long size) => Root(new(0, size));

    public IReadOnlyList<Hash> Proof(long oldSize, long size) => [.. MerkleTree.ConsistencyPath(oldSize, size).Select(Root)];

    private Hash Root(LeafRange range)
    {
        if (_roots.TryGetValue(range, out var root))
            return root;
        return _roots[range] = range.Hash(subtree => subtree.Level == 0 ? _leaves[(int)subtree.Index] : Root(Half(subtree, 0), Half(subtree, 1)));

        static LeafRange Half(Subtree of, int half) => new((2 * of.Index + half) << (of.Level - 1), (2 * of.Index + half + 1) << (of.Level - 1));
    }

    private Hash Root(LeafRange left, LeafRange right) => MerkleTree.Node(Root(left), Root(right));
}
