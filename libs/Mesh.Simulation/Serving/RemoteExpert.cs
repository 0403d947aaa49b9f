using System.Buffers;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Mesh.Simulation.Experts;
using Mesh.Simulation.Nodes;
using Mesh.Simulation.Scenarios;

namespace Mesh.Simulation.Serving;

/// <summary>
/// A router's line to an expert on another node: real bytes over the simulated network. When it broke, all that waits on it fails, and the router lists the expert again once it has
/// heard from it.
/// </summary>
internal sealed class RemoteExpert(SimulatedNode router, ExpertHost host, SimulatedPool pool) : IExpertChannel
{
    private static readonly TimeSpan Redial = TimeSpan.FromSeconds(1);
    private readonly int _process = router.Process;
    private bool _isBroken;
    private readonly Dictionary<SessionId, (uint Turn, TaskCompletionSource<byte[]> Answer)> _pending = [];

    public ExpertId Expert => host.Expert;

    public async ValueTask StepAsync(StepRequest request, StepReply reply, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var (session, turn) = (request.Session, request.Turn);
        var answer = new TaskCompletionSource<byte[]>();
        _pending[session] = (turn, answer);
        using var cancelled = cancellationToken.UnsafeRegister(_ => answer.TrySetCanceled(cancellationToken), null);
        var bytes = new ArrayBufferWriter<byte>(64);
        StepCodec.Write(request, bytes);
        router.Send(host.Node, () => host.Receive(bytes.WrittenSpan.ToArray(), session, turn, router, Answer, Break), Break);
        try
        {
            ReadOnlySpan<byte> read = await answer.Task;
            var size = read.Length;
            if (!StepCodec.TryRead(ref read, reply, out var fault))
                throw new InvalidDataException(fault);
            reply.WireBytes = size;
        }
        finally
        {
            if (_pending.TryGetValue(session, out var last) && last.Turn == turn)
                _pending.Remove(session);
        }
    }

    public void Release(SessionId session) => router.Send(host.Node, () => host.Release(session), static () => { });

    private void Answer(SessionId session, uint turn, byte[] bytes)
    {
        if (_pending.TryGetValue(session, out var pending) && pending.Turn == turn)
            pending.Answer.TrySetResult(bytes);
    }

    private void Break()
    {
        foreach (var (_, answer) in _pending.Values.ToArray())
            answer.TrySetException(new ExpertUnreachableException(Expert, "the line broke"));
        if (_isBroken || router.Mesh.Plan.ListsUnreachable)
            return;
        _isBroken = true;
        pool.Peers = pool.Peers.RemoveAll(p => p.Id == Expert);
        Dial();
    }

    private void Dial()
    {
        if (!_isBroken || router.Process != _process)
            return;
        router.Send(host.Node, () => host.Node.Send(router, Hear));
        router.Mesh.Time.After(Redial, Dial);
    }

    private void Hear()
    {
        if (!_isBroken || router.Process != _process)
            return;
        _isBroken = false;
        if (router.Mesh.Plan.Planted == Planted.LostExpert)
            return;
        pool.Peers = pool.Peers.Add(new(host.Card, this));
    }
}
