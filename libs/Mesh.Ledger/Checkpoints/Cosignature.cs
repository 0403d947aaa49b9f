using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Mesh.Ledger.Signing;

namespace Mesh.Ledger.Checkpoints;

/// <summary>
/// A witness's signature below a checkpoint (C2SP tlog-cosignature, <c>cosignature/v1</c>): at that time this was the largest tree it had seen of the log.
/// </summary>
/// <param name="Witness">Its key, of <see cref="KeyKind.Cosignature"/>.</param>
/// <param name="Time">Unix time in seconds, by the witness's clock.</param>
public sealed record Cosignature(VerifierKey Witness, long Time)
{
    private const int TimeBytes = 8;

    /// <summary>The line of a note with which <paramref name="key"/> cosigns.</summary>
    /// <param name="time">Unix time in seconds, above zero.</param>
    public static NoteSignature Sign(SigningKey key, Checkpoint checkpoint, long time)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(time);
        var bytes = new byte[sizeof(int) + TimeBytes + 64];
        Convert.FromHexString(key.Verifier.As(KeyKind.Cosignature).Hash).CopyTo(bytes, 0);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(sizeof(int)), time);
        key.Sign(Message(checkpoint, time)).CopyTo(bytes, sizeof(int) + TimeBytes);
        return new(key.Name, bytes);
    }

    /// <summary>What <paramref name="signature"/> says, or null when it is none of this witness over this checkpoint.</summary>
    public static Cosignature? Verify(NoteSignature signature, VerifierKey witness, Checkpoint checkpoint)
    {
        var key = witness.As(KeyKind.Cosignature);
        if (!signature.IsOf(key) || signature.Signature.Length != TimeBytes + 64)
            return null;
        var time = BinaryPrimitives.ReadInt64BigEndian(signature.Signature);
        return time > 0 && key.Verify(Message(checkpoint, time), signature.Signature[TimeBytes..]) ? new(key, time) : null;
    }

    private static byte[] Message(Checkpoint checkpoint, long time) =>
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{SignedNote.CosignatureHeader}time {time}\n{checkpoint.Text}"));
}
