using System.Buffers;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Mesh.Simulation.Nodes;

namespace Mesh.Simulation.Serving;

/// <summary>A router's line to an expert on another node: real bytes over the simulated network.</summary>
internal sealed class RemoteExpert(SimulatedNode router, ExpertHost host) : IExpertChannel
{
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
        Action broken = () => Break(session, turn);
        router.Send(host.Node, () => host.Receive(bytes.WrittenSpan.ToArray(), session, turn, router, Answer, broken), broken);
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

    private void Break(SessionId session, uint turn)
    {
        if (_pending.TryGetValue(session, out var pending) && pending.Turn == turn)
            pending.Answer.TrySetException(new ExpertUnreachableException(Expert, "the line broke"));
    }
}
