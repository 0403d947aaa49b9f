using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Router.Api.Hosting;

namespace Router.Api.Security;

/// <summary>
/// Counts the wrong keys of each address, so that nobody guesses on and on: beyond <see cref="RouterOptions.WrongKeysPerMinute"/> an address is told to wait until its minute is over. Bounded: whoever has more addresses than are kept lets the oldest ones go.
/// </summary>
internal sealed class WrongKeys(IOptions<RouterOptions> options, TimeProvider time)
{
    private const int MostAddresses = 10_000;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, (long Since, int Count)> _counts = [];
    private readonly Queue<(IPAddress Address, long Since)> _oldest = new();

    /// <summary>How long the address has to wait before it shows another wrong key; null: not at all.</summary>
    public TimeSpan? WaitOf(IPAddress? address)
    {
        lock (_gate)
            return options.Value.WrongKeysPerMinute is > 0 and var most && _counts.TryGetValue(Caller(address), out var counted) && counted.Count >= most && Left(counted.Since) is var left && left > TimeSpan.Zero
                ? left
                : null;
    }

    public void OnWrong(IPAddress? address)
    {
        var caller = Caller(address);
        lock (_gate)
        {
            while (_oldest.TryPeek(out var oldest) && (_counts.Count >= MostAddresses || Left(oldest.Since) <= TimeSpan.Zero))
                _counts.Remove(_oldest.Dequeue().Address);
            if (_counts.TryGetValue(caller, out var counted))
            {
                _counts[caller] = counted with { Count = counted.Count + 1 };
                return;
            }
            var now = time.GetTimestamp();
            _counts[caller] = (now, 1);
            _oldest.Enqueue((caller, now));
        }
    }

    private TimeSpan Left(long since) => Window - time.GetElapsedTime(since);

    /// <summary>A caller of IPv6 has a network of 64 bits, and as many addresses as it likes.</summary>
    private static IPAddress Caller(IPAddress? address)
    {
        if (address is null || address.IsIPv4MappedToIPv6 || address.AddressFamily != AddressFamily.InterNetworkV6)
            return address?.IsIPv4MappedToIPv6 == true ? address.MapToIPv4() : address ?? IPAddress.None;
        Span<byte> network = stackalloc byte[16];
        address.TryWriteBytes(network, out _);
        network[8..].Clear();
        return new(network);
    }
}
