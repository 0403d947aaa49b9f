using Mesh.Ledger.Signing;

namespace Mesh.Ledger.Checkpoints;

/// <summary>A checkpoint as a note: with the signature of its log and the cosignatures of witnesses.</summary>
public sealed record SignedCheckpoint
{
    private SignedCheckpoint(SignedNote note, Checkpoint checkpoint) => (Note, Checkpoint) = (note, checkpoint);

    public SignedNote Note { get; }

    public Checkpoint Checkpoint { get; }

    public static SignedCheckpoint Sign(Checkpoint checkpoint, SigningKey log) => new(SignedNote.Sign(checkpoint.Text, log), checkpoint);

    /// <summary>Reads the note; who signed it is not checked.</summary>
    /// <exception cref="FormatException">It is no note, or its text no checkpoint.</exception>
    public static SignedCheckpoint Parse(string text)
    {
        var note = SignedNote.Parse(text);
        return new(note, Checkpoint.Parse(note.Text));
    }

    /// <summary>Whether it is a checkpoint of the log that has this key: the key's name is the origin.</summary>
    public bool IsOf(VerifierKey log) => Checkpoint.Origin == log.Name && Note.IsSignedBy(log);

    /// <summary>With these cosignatures too; one of the same key that is there already gives way.</summary>
    /// <exception cref="FormatException">There are more than <see cref="SignedNote.MostSignatures"/>.</exception>
    public SignedCheckpoint With(params IReadOnlyList<NoteSignature> cosignatures)
    {
        var kept = Note.Signatures.Where(s => !cosignatures.Any(c => c.Name == s.Name && c.KeyHash == s.KeyHash));
        var note = Note with { Signatures = [.. kept, .. cosignatures] };
        return note.Signatures.Count <= SignedNote.MostSignatures ? new(note, Checkpoint) : throw new FormatException($"A note has at most {SignedNote.MostSignatures} signatures.");
    }

    public override string ToString() => Note.ToString();
}
