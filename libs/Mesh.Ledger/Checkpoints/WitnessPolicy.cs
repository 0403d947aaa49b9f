using Mesh.Ledger.Signing;

namespace Mesh.Ledger.Checkpoints;

/// <summary>Whose cosignatures count, and how many make a head committed.</summary>
public sealed class WitnessPolicy
{
    /// <exception cref="ArgumentException">A witness is there twice, by name or by key, or the quorum is more than all of them.</exception>
    public WitnessPolicy(IEnumerable<VerifierKey> witnesses, int quorum)
    {
        Witnesses = [.. witnesses.Select(w => w.As(KeyKind.Cosignature))];
        // Two names of one key would be two votes of one witness.
        if (Witnesses.DistinctBy(w => w.Name).Count() != Witnesses.Count || Witnesses.DistinctBy(w => Convert.ToHexString(w.PublicKeyBytes)).Count() != Witnesses.Count)
            throw new ArgumentException("A witness is there twice.", nameof(witnesses));
        if (quorum < 0 || quorum > Witnesses.Count)
            throw new ArgumentException($"A quorum of {quorum} is not possible with {Witnesses.Count} witnesses.", nameof(quorum));
        Quorum = quorum;
    }

    /// <summary>No witness at all: the log's own signature is enough.</summary>
    public static WitnessPolicy None { get; } = new([], 0);

    /// <summary>Keys of <see cref="KeyKind.Cosignature"/>.</summary>
    public IReadOnlyList<VerifierKey> Witnesses { get; }

    public int Quorum { get; }

    /// <summary>The witnesses that cosigned, each once with the newer time of its first two lines. Wrong and unknown signatures do not count.</summary>
    public IReadOnlyList<Cosignature> Cosigned(SignedCheckpoint checkpoint) =>
    [
        .. Witnesses.Select(witness => checkpoint.Note.Signatures.Where(s => s.IsOf(witness)).Take(SignedNote.MostTries).Select(s => Cosignature.Verify(s, witness, checkpoint.Checkpoint)).OfType<Cosignature>().MaxBy(c => c.Time))
            .OfType<Cosignature>(),
    ];

    public bool IsMet(SignedCheckpoint checkpoint) => Cosigned(checkpoint).Count >= Quorum;
}
