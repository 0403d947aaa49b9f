using Mesh.Ledger.Checkpoints;
using Mesh.Ledger.Signing;

namespace Mesh.Chorus.Witnesses;

/// <summary>
/// Cosigns checkpoints (C2SP tlog-witness): never two roots of one size, never a tree that does not begin with the last one. It writes down what it is about to sign first.
/// The same checkpoint it cosigns again with a new time: so the log shows that it is alive. For any number of threads.
/// </summary>
public sealed class Witness
{
    private readonly Lock _lock = new();
    private readonly SigningKey _key;
    private readonly TimeProvider _clock;
    private readonly Dictionary<string, VerifierKey> _logs;
    private readonly WitnessMemory _memory;

    /// <param name="logs">Keys of the logs that it follows; their names are the origins.</param>
    /// <exception cref="InvalidDataException">It lost what it knew, and must not sign.</exception>
    public Witness(SigningKey key, IReadOnlyCollection<VerifierKey> logs, IWitnessStore store, TimeProvider clock)
    {
        (_key, _clock) = (key, clock);
        _logs = logs.ToDictionary(l => l.Name);
        _memory = new(store);
    }

    /// <summary>Of <see cref="KeyKind.Cosignature"/>.</summary>
    public VerifierKey Key => _key.Verifier.As(KeyKind.Cosignature);

    /// <summary>Of the last cosigned tree; 0 before the first.</summary>
    public long SizeOf(string origin)
    {
        lock (_lock)
            return _memory.SizeOf(origin);
    }

    /// <exception cref="IOException">What it was about to sign could not be written; it did not sign.</exception>
    public WitnessAnswer Add(AddCheckpoint asked)
    {
        var checkpoint = asked.Checkpoint.Checkpoint;
        if (!_logs.TryGetValue(checkpoint.Origin, out var log))
            return new(WitnessStatus.UnknownLog, 0);
        if (!asked.Checkpoint.IsOf(log))
            return new(WitnessStatus.WrongSignature, 0);
        // One at a time to the end: a cosignature's time says that no larger tree was known.
        lock (_lock)
        {
            var status = _memory.Advance(asked.OldSize, asked.Proof, checkpoint);
            var cosignature = status == WitnessStatus.Cosigned ? Cosignature.Sign(_key, checkpoint, _clock.GetUtcNow().ToUnixTimeSeconds()) : null;
            return new(status, _memory.SizeOf(checkpoint.Origin), cosignature);
        }
    }
}
