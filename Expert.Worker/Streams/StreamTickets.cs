using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Expert.Worker.Experts;
using Mesh.Contracts.Experts;
using Microsoft.Extensions.Options;

namespace Expert.Worker.Streams;

/// <summary>
/// Tickets for direct streams: <c>base64url(expiry|expert|router) . base64url(HMAC-SHA256)</c> under a key that never leaves this process, so a
/// ticket opens a stream only at the worker whose actor granted it, and only until that worker ends.
/// </summary>
internal sealed class StreamTickets(IOptions<WorkerOptions> options, TimeProvider time)
{
    private const int MostCharacters = 1024;
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    /// <exception cref="ArgumentException">The router's name is empty or longer than 200 characters.</exception>
    public (string Ticket, DateTimeOffset Expires) Issue(ExpertId expert, string router)
    {
        if (router.Length is 0 or > 200)
            throw new ArgumentException("A router's name has 1 to 200 characters.");
        var expires = time.GetUtcNow() + options.Value.TicketLifetime;
        var claims = Encoding.UTF8.GetBytes($"{expires.ToUnixTimeMilliseconds()}|{expert}|{router}");
        return ($"{Base64Url.EncodeToString(claims)}.{Base64Url.EncodeToString(HMACSHA256.HashData(_key, claims))}", expires);
    }

    /// <summary>Checks a ticket; on success says whom it was granted to, else why it is no good.</summary>
    public bool Check(ExpertId expert, ReadOnlySpan<char> ticket, out string routerOrReason)
    {
        routerOrReason = "The ticket is malformed or was not granted by this worker: ask the actor for another.";
        if (ticket.Length > MostCharacters || ticket.IndexOf('.') is var dot && dot < 0)
            return false;
        Span<byte> claims = stackalloc byte[MostCharacters];
        Span<byte> signature = stackalloc byte[HMACSHA256.HashSizeInBytes];
        if (Base64Url.DecodeFromChars(ticket[..dot], claims, out _, out var length) != OperationStatus.Done ||
            Base64Url.DecodeFromChars(ticket[(dot + 1)..], signature, out _, out var signed) != OperationStatus.Done)
            return false;
        // The signature comes first: nothing of an unsigned ticket is looked at.
        if (!CryptographicOperations.FixedTimeEquals(signature[..signed], HMACSHA256.HashData(_key, claims[..length])))
            return false;
        var parts = Encoding.UTF8.GetString(claims[..length]).Split('|', 3);
        if (parts[1] != expert.Value)
            routerOrReason = $"The ticket is for expert '{parts[1]}'.";
        else if (long.Parse(parts[0], null) < time.GetUtcNow().ToUnixTimeMilliseconds())
            routerOrReason = "The ticket has expired: ask the actor for another.";
        else
        {
            routerOrReason = parts[2];
            return true;
        }
        return false;
    }
}
