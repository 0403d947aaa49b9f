using System.Security.Cryptography;
using System.Text;
using NSec.Cryptography;

namespace Mesh.Ledger.Signing;

/// <summary>What a key signs, by the first byte of its public key (C2SP signed-note, tlog-cosignature).</summary>
public enum KeyKind : byte
{
    /// <summary>Ed25519 over the text of a note.</summary>
    Note = 0x01,
    /// <summary>Ed25519 over a time and a checkpoint: <c>cosignature/v1</c>.</summary>
    Cosignature = 0x04,
}

/// <summary>
/// A name and an Ed25519 public key, written <c>name+hash+base64</c> (C2SP signed-note, "vkey"). Two are equal when all of it is.
/// </summary>
public sealed record VerifierKey
{
    public const int MostNameCharacters = 128;
    private const int HashBytes = 4;
    private readonly PublicKey _key;

    /// <exception cref="FormatException">The name is empty, too long, or has a space, a plus sign or a control character; or these are not 32 bytes of a point.</exception>
    public VerifierKey(string name, KeyKind kind, ReadOnlySpan<byte> publicKey)
    {
        if (!IsName(name))
            throw new FormatException($"A key's name has 1 to {MostNameCharacters} characters without spaces, '+' and control characters.");
        if (!PublicKey.TryImport(SignatureAlgorithm.Ed25519, publicKey, KeyBlobFormat.RawPublicKey, out var key))
            throw new FormatException($"The key of '{name}' is no Ed25519 public key.");
        (Name, Kind) = (name, kind);
        _key = key!;
        byte[] typed = [(byte)kind, .. publicKey];
        Hash = Convert.ToHexStringLower(SHA256.HashData([.. Encoding.UTF8.GetBytes(name + "\n"), .. typed]).AsSpan(0, HashBytes));
        Text = $"{name}+{Hash}+{Convert.ToBase64String(typed)}";
    }

    public string Name { get; }

    public KeyKind Kind { get; }

    /// <summary>Eight hex digits that tell keys of one name apart; no proof of anything.</summary>
    public string Hash { get; }

    /// <summary><c>name+hash+base64</c>.</summary>
    public string Text { get; }

    /// <summary>32 bytes.</summary>
    public byte[] PublicKeyBytes => _key.Export(KeyBlobFormat.RawPublicKey);

    /// <summary>The same public key under the same name for another use.</summary>
    public VerifierKey As(KeyKind kind) => kind == Kind ? this : new(Name, kind, PublicKeyBytes);

    /// <exception cref="FormatException">It is no vkey, or the hash in it is not its own.</exception>
    public static VerifierKey Parse(string text)
    {
        var parts = text.Split('+', 3);
        var bytes = new byte[1 + 32];
        if (parts.Length != 3 || !Convert.TryFromBase64String(parts[2], bytes, out var length) || length != bytes.Length || !Enum.IsDefined((KeyKind)bytes[0]))
            throw new FormatException("Expected a verifier key, 'name+hash+base64' with an Ed25519 key.");
        var key = new VerifierKey(parts[0], (KeyKind)bytes[0], bytes.AsSpan(1));
        return key.Text == text ? key : throw new FormatException($"The hash or the spelling of the verifier key of '{key.Name}' is wrong.");
    }

    public static bool IsName(string name) =>
        name.Length is > 0 and <= MostNameCharacters && !name.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || char.IsSurrogate(c) || c == '+');

    public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) => SignatureAlgorithm.Ed25519.Verify(_key, message, signature);

    public bool Equals(VerifierKey? other) => other is not null && other.Text == Text;

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Text;
}
