using System.Collections.Concurrent;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;

namespace Mesh.Bench.Latency;

/// <summary>
/// A real expert behind a line of fixed delay, on a host that needs Exp(mean) for its work, in virtual time. The steps of a session are worked
/// on one after the other; one that the caller has given up is worked on all the same, as on a host that does not hear of it.
/// </summary>
/// <param name="perDecode">Every decode of a continuation costs such a time; else the step as a whole does.</param>
internal sealed class DistantExpert(IExpertChannel inner, TimeSpan oneWay, TimeSpan meanCompute, bool perDecode, TimeProvider time, int seed) : IExpertChannel
{
    private readonly Random _random = new(seed);
    private readonly ConcurrentDictionary<SessionId, TimeSpan> _freeAt = new();

    public ExpertId Expert => inner.Expert;

    public async ValueTask StepAsync(StepRequest request, StepReply reply, CancellationToken cancellationToken)
    {
        var compute = ComputeOf(perDecode ? Math.Max(1, request.Continuation) : 1);
        var arrival = time.GetElapsedTime(0) + oneWay;
        var free = _freeAt.GetValueOrDefault(request.Session);
        var done = (free > arrival ? free : arrival) + compute;
        _freeAt[request.Session] = done;
        // In no time, as far as the virtual clock can tell.
        inner.StepAsync(request, reply, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        reply.ComputeMicroseconds = (uint)(done - arrival).TotalMicroseconds;
        var left = done + oneWay - time.GetElapsedTime(0);
        if (left > TimeSpan.Zero)
            await Task.Delay(left, time, cancellationToken);
    }

    public void Release(SessionId session)
    {
        _freeAt.TryRemove(session, out _);
        inner.Release(session);
    }

    private TimeSpan ComputeOf(int decodes)
    {
        var compute = TimeSpan.Zero;
        lock (_random)
            for (var i = 0; i < decodes; i++)
                compute += meanCompute * -Math.Log(1 - _random.NextDouble());
        return compute;
    }
}
