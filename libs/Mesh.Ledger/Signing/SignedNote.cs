using System.Text;

namespace Mesh.Ledger.Signing;

/// <summary>
/// A text and signatures below it (C2SP signed-note): the text ends with a newline, then comes an empty line, then a line <c>— name base64(hash, signature)</c> for each.
/// </summary>
/// <param name="Text">What is signed, the last newline included.</param>
public sealed record SignedNote(string Text, IReadOnlyList<NoteSignature> Signatures)
{
    public const int MostBytes = 1 << 20;
    public const int MostSignatures = 64;
    /// <summary>How the message of a cosignature begins. No note begins so: a key that signs both must not be led to sign one as the other.</summary>
    internal const string CosignatureHeader = "cosignature/v1\n";
    private const string Dash = "— ";

    /// <summary>Lines of one key that are tried: nobody makes a reader verify a note full of them.</summary>
    internal const int MostTries = 2;

    /// <summary>Signs <paramref name="text"/>.</summary>
    /// <exception cref="FormatException">The text does not end with a newline, or has a control character.</exception>
    public static SignedNote Sign(string text, params ReadOnlySpan<SigningKey> keys)
    {
        var note = new SignedNote(Checked(text), []);
        foreach (var key in keys)
            note = note.With(key);
        return note;
    }

    /// <summary>With one more signature over the same text.</summary>
    public SignedNote With(SigningKey key) =>
        this with { Signatures = [.. Signatures, new(key.Name, [.. Convert.FromHexString(key.Verifier.Hash), .. key.Sign(Encoding.UTF8.GetBytes(Text))])] };

    /// <exception cref="FormatException">It is no signed note; the message says where.</exception>
    public static SignedNote Parse(string text)
    {
        if (text.Length > MostBytes)
            throw new FormatException($"A note has at most {MostBytes} bytes.");
        var split = text.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (split < 0 || split + 2 >= text.Length || !text.EndsWith('\n'))
            throw new FormatException("A note is a text, an empty line, and signatures that end with a newline.");
        var lines = text[(split + 2)..^1].Split('\n');
        if (lines.Length > MostSignatures)
            throw new FormatException($"A note has at most {MostSignatures} signatures.");
        return new(Checked(text[..(split + 1)]), [.. lines.Select(NoteSignature.Parse)]);
    }

    /// <summary>Whether <paramref name="key"/> signed it, in one of the first two lines under its name and hash. A wrong signature there is no signature.</summary>
    public bool IsSignedBy(VerifierKey key)
    {
        var message = Encoding.UTF8.GetBytes(Text);
        return key.Kind == KeyKind.Note && Signatures.Where(s => s.IsOf(key)).Take(MostTries).Any(s => key.Verify(message, s.Signature));
    }

    public override string ToString() => Text + "\n" + string.Concat(Signatures.Select(s => $"{Dash}{s.Name} {Convert.ToBase64String(s.Bytes)}\n"));

    private static string Checked(string text)
    {
        if (!text.EndsWith('\n') || text == "\n")
            throw new FormatException("The text of a note ends with a newline.");
        if (text.StartsWith(CosignatureHeader, StringComparison.Ordinal))
            throw new FormatException("The text of a note does not begin as a cosignature's does.");
        return text.Any(c => c != '\n' && (c < ' ' || c == '\x7f')) ? throw new FormatException("The text of a note has no control characters.") : text;
    }
}

/// <summary>A line below a note.</summary>
/// <param name="Bytes">The key's hash (4 bytes) and what its kind of signature has: for <see cref="KeyKind.Note"/> the signature (64 bytes).</param>
public sealed record NoteSignature(string Name, byte[] Bytes)
{
    private const int HashBytes = 4;

    public string KeyHash => Convert.ToHexStringLower(Bytes.AsSpan(0, HashBytes));

    public ReadOnlySpan<byte> Signature => Bytes.AsSpan(HashBytes);

    public bool IsOf(VerifierKey key) => Name == key.Name && KeyHash == key.Hash;

    /// <exception cref="FormatException">It is no line of a signature.</exception>
    internal static NoteSignature Parse(string line)
    {
        var parts = line.Split(' ');
        var bytes = new byte[512];
        if (parts is not ["—", var name, var base64] || !VerifierKey.IsName(name) || !Convert.TryFromBase64String(base64, bytes, out var length) || length <= HashBytes)
            throw new FormatException("A signature is a line '— name base64'.");
        return new(name, bytes[..length]);
    }
}
