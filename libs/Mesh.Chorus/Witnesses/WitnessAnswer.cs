using Mesh.Ledger.Signing;

namespace Mesh.Chorus.Witnesses;

/// <summary>Whether a witness cosigned; the values are those of HTTP in tlog-witness.</summary>
public enum WitnessStatus
{
    Cosigned = 200,
    /// <summary>The old size is greater than the new one.</summary>
    Malformed = 400,
    /// <summary>The log did not sign it.</summary>
    WrongSignature = 403,
    /// <summary>Of a log that this witness does not follow.</summary>
    UnknownLog = 404,
    /// <summary>The witness cosigned another size last, or another root of this size.</summary>
    Conflict = 409,
    /// <summary>The new tree does not begin with the old one, or this is not proven.</summary>
    Inconsistent = 422,
}

/// <param name="Size">What the witness cosigned last.</param>
public sealed record WitnessAnswer(WitnessStatus Status, long Size, NoteSignature? Cosignature = null);
