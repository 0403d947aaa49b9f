using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Tree;

namespace Mesh.Chorus.Witnesses;

/// <summary>The one decision of a witness: it follows one history of a log and no other, over every restart. One caller at a time.</summary>
internal sealed class WitnessMemory(IWitnessStore store)
{
    private readonly Dictionary<string, Witnessed> _logs = store.Read().ToDictionary(l => l.Origin);

    /// <summary>Of the last cosigned tree; 0 before the first.</summary>
    public long SizeOf(string origin) => _logs.TryGetValue(origin, out var last) ? last.Size : 0;

    /// <summary>Whether the witness may cosign; if so, that it does is durable before this returns.</summary>
    /// <exception cref="IOException">It is not known to be durable: nothing may be signed.</exception>
    public WitnessStatus Advance(long oldSize, IReadOnlyList<Hash> proof, Checkpoint next)
    {
        var (size, root) = _logs.TryGetValue(next.Origin, out var last) ? (last.Size, Hash.FromHex(last.Root)) : (0, MerkleTree.Empty);
        if (oldSize > next.Size)
            return WitnessStatus.Malformed;
        if (oldSize != size || (oldSize == next.Size && root != next.Root))
            return WitnessStatus.Conflict;
        if (!MerkleProofs.IsConsistent(size, root, next.Size, next.Root, proof))
            return WitnessStatus.Inconsistent;
        if (next.Size > size)
        {
            var witnessed = new Witnessed(next.Origin, next.Size, next.Root.Hex);
            store.Write([.. _logs.Values.Where(l => l.Origin != next.Origin), witnessed]);
            _logs[next.Origin] = witnessed;
        }
        return WitnessStatus.Cosigned;
    }
}
