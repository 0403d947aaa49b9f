using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Mesh.Ledger.Tree;

/// <summary>32 bytes of SHA-256, by value.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct Hash : IEquatable<Hash>
{
    public const int Bytes = 32;
    private readonly ulong _a, _b, _c, _d;

    /// <exception cref="FormatException">These are not 32 bytes.</exception>
    public Hash(ReadOnlySpan<byte> bytes) =>
        this = bytes.Length == Bytes ? MemoryMarshal.Read<Hash>(bytes) : throw new FormatException($"A hash has {Bytes} bytes, not {bytes.Length}.");

    /// <summary>The bytes, without a copy.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Span => MemoryMarshal.AsBytes(new ReadOnlySpan<Hash>(in this));

    public string Base64 => Convert.ToBase64String(Span);

    public string Hex => Convert.ToHexStringLower(Span);

    /// <exception cref="FormatException">It is not the one base64 of 32 bytes.</exception>
    public static Hash FromBase64(string text)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        if (text.Length == 44 && Convert.TryFromBase64String(text, bytes, out var length) && length == Bytes)
        {
            var hash = new Hash(bytes);
            // The last digit of base64 has spare bits; one hash has one spelling.
            if (hash.Base64 == text)
                return hash;
        }
        throw new FormatException("Expected a hash, 32 bytes in base64.");
    }

    /// <exception cref="FormatException">It is no hash.</exception>
    public static Hash FromHex(string text) => text.Length == 2 * Bytes ? new(Convert.FromHexString(text)) : throw new FormatException("Expected a hash, 64 hex digits.");

    /// <summary>The hashes that lie one after the other in <paramref name="bytes"/>.</summary>
    /// <exception cref="FormatException">The last one is cut short.</exception>
    public static Hash[] ManyFrom(ReadOnlySpan<byte> bytes) =>
        bytes.Length % Bytes == 0 ? MemoryMarshal.Cast<byte, Hash>(bytes).ToArray() : throw new FormatException($"Hashes have {Bytes} bytes each; {bytes.Length} bytes are no whole number of them.");

    /// <summary>The other way round.</summary>
    public static byte[] ManyToBytes(ReadOnlySpan<Hash> hashes) => MemoryMarshal.AsBytes(hashes).ToArray();

    public bool Equals(Hash other) => _a == other._a && _b == other._b && _c == other._c && _d == other._d;

    public override bool Equals(object? obj) => obj is Hash other && Equals(other);

    public override int GetHashCode() => _a.GetHashCode();

    public static bool operator ==(Hash left, Hash right) => left.Equals(right);

    public static bool operator !=(Hash left, Hash right) => !left.Equals(right);

    public override string ToString() => Base64;
}
