using System.Security.Cryptography;

namespace Mesh.Contracts.Steps;

/// <summary>One completion's cache at every expert: 64 random bits, so that routers need not agree on them.</summary>
public readonly record struct SessionId(ulong Value)
{
    public static SessionId New()
    {
        Span<byte> bytes = stackalloc byte[8];
        RandomNumberGenerator.Fill(bytes);
        return new(BitConverter.ToUInt64(bytes) | 1);
    }

    public override string ToString() => Value.ToString("x16", null);
}
