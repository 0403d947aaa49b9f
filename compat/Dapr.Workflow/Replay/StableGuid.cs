using System.Security.Cryptography;
using System.Text;

namespace Dapr.Workflow.Replay;

/// <summary>Ids computed from a seed: equal in every replay, different between executions.</summary>
internal static class StableGuid
{
    public static Guid Create(string seed, string purpose, int number)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}\n{purpose}\n{number}"), hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);   // version 8: made by a rule of one's own
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
