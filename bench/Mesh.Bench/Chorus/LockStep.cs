using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Mesh.Chorus.Phases;
using Mesh.Ensemble.TokenLoop;

namespace Mesh.Bench.Chorus;

/// <summary>
/// Phases in lock-step: before each token one message to each of the N members and one back, over TCP on the loopback device, then a step by the sum over all pairs. It is the cheap form: every member
/// telling every other one would take N^2 messages. For one token at a time.
/// </summary>
internal sealed class LockStep : IGenerationPace, IDisposable
{
    private const double Step = 0.005, Coupling = 30;
    private readonly Kuramoto _phases;
    private readonly List<NetworkStream> _members = [], _ends = [];
    private readonly byte[] _message = new byte[sizeof(double)];

    private LockStep(int count)
    {
        var random = new Random(count);
        _phases = new([.. Enumerable.Range(0, count).Select(_ => 2 * Math.PI * random.NextDouble())], [.. Enumerable.Range(0, count).Select(_ => 314 + random.NextDouble())]);
    }

    public static async Task<LockStep> StartAsync(int count, CancellationToken cancellationToken)
    {
        var lockStep = new LockStep(count);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        for (var i = 0; i < count; i++)
        {
            var near = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await near.ConnectAsync(listener.LocalEndpoint, cancellationToken);
            var far = await listener.AcceptSocketAsync(cancellationToken);
            far.NoDelay = true;
            lockStep._members.Add(new(near, ownsSocket: true));
            lockStep._ends.Add(new(far, ownsSocket: true));
            _ = EchoAsync(lockStep._ends[^1]);
        }
        return lockStep;
    }

    public async ValueTask<IDisposable> EnterAsync(int tokens, CancellationToken cancellationToken)
    {
        for (var i = 0; i < _members.Count; i++)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(_message, _phases.Phases[i]);
            await _members[i].WriteAsync(_message, cancellationToken);
        }
        foreach (var member in _members)
            await member.ReadExactlyAsync(_message, cancellationToken);
        _phases.StepByPairs(Step, Coupling);
        return Nothing.Instance;
    }

    public void Dispose()
    {
        foreach (var stream in _members.Concat(_ends))
            stream.Dispose();
    }

    /// <summary>A member: hears the phase that it has now, and says that it has it.</summary>
    private static async Task EchoAsync(NetworkStream stream)
    {
        var message = new byte[sizeof(double)];
        try
        {
            while (true)
            {
                await stream.ReadExactlyAsync(message);
                await stream.WriteAsync(message);
            }
        }
        catch (Exception end) when (end is IOException or ObjectDisposedException)
        {
        }
    }
}

/// <summary>What a pace returns that has nothing to give back.</summary>
internal sealed class Nothing : IDisposable
{
    public static Nothing Instance { get; } = new();

    public void Dispose()
    {
    }
}
