using System.Buffers;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Mesh.Simulation.Experts;
using Mesh.Simulation.Nodes;
using Mesh.Simulation.Runs;
using Mesh.Simulation.Scenarios;

namespace Mesh.Simulation.Serving;

/// <summary>An expert on a node: it decodes what waits for it in one batch of a + b n ms, and then what came meanwhile. A crash takes its caches.</summary>
/// <param name="expert">The toy, or faults around it.</param>
internal sealed class ExpertHost(SimulatedNode node, ToyExpert toy, IExpertChannel expert)
{
    /// <summary>a and b.</summary>
    private static readonly TimeSpan Decode = TimeSpan.FromMilliseconds(15), PerStep = TimeSpan.FromMilliseconds(0.5);
    private readonly List<Step> _waiting = [];
    private readonly Dictionary<SessionId, uint> _turns = [];
    private readonly HashSet<SessionId> _busy = [], _released = [];
    private readonly Stack<(StepRequest Request, StepReply Reply)> _slots = [];
    private bool _decoding;

    public SimulatedNode Node => node;

    public ExpertId Expert => toy.Expert;

    public ModelCard Card => toy.Card;

    public ToyModel Model => toy.Model;

    /// <summary>What was done to it that must not be.</summary>
    public IReadOnlyList<string> Violations => (expert as FaultyExpert)?.Violations ?? [];

    public void Receive(byte[] request, SessionId session, uint turn, SimulatedNode router, Action<SessionId, uint, byte[]> answer, Action broken)
    {
        // What was overtaken by a newer question of its session, or by its end, or comes twice, nobody waits for.
        if (_released.Contains(session) || (_turns.TryGetValue(session, out var last) && turn <= last && node.Mesh.Plan.Planted != Planted.OvertakenQuestion))
            return;
        _turns[session] = turn;
        _waiting.RemoveAll(s => s.Session == session);
        _waiting.Add(new(request, session, turn, router, answer, broken));
        Begin();
    }

    public void Release(SessionId session)
    {
        if (node.Mesh.Plan.Planted == Planted.EarlyRelease)
            expert.Release(session);
        else if (!_released.Add(session))
            return;
        _turns.Remove(session);
        _waiting.RemoveAll(s => s.Session == session);
        if (!_busy.Contains(session))
            expert.Release(session);
    }

    /// <summary>Whoever waits notices that the line broke.</summary>
    public void Crash()
    {
        foreach (var step in _waiting)
            node.Mesh.Network.Break(step.Broken);
        _waiting.Clear();
        _turns.Clear();
        toy.Restart();
    }

    private void Begin()
    {
        var batch = _decoding ? [] : _waiting.Where(s => !_busy.Contains(s.Session)).ToArray();
        if (batch.Length == 0)
            return;
        _decoding = true;
        var process = node.Process;
        _waiting.RemoveAll(batch.Contains);
        foreach (var step in batch)
            _busy.Add(step.Session);
        node.Mesh.Time.After(Decode + batch.Length * PerStep, () =>
        {
            _decoding = false;
            foreach (var step in batch)
                _ = AnswerAsync(step, process);
            Begin();
        });
    }

    private async Task AnswerAsync(Step step, int process)
    {
        try
        {
            await DecodeAsync(step, process);
        }
        catch (Exception fault) when (fault is not InvariantException)   // nobody awaits this
        {
            node.Mesh.Invariants.Fail($"{Expert} at {node.Name} fails with {fault}");
        }
    }

    private async Task DecodeAsync(Step step, int process)
    {
        var (request, reply) = _slots.TryPop(out var slot) ? slot : (new(), new());
        if (node.IsUp && node.Process == process && !_released.Contains(step.Session) && Read(step.Bytes, request))
            await AnswerAsync(request, reply);
        else
            reply.Reset(step.Session, step.Turn, StepStatus.Refused);
        _busy.Remove(step.Session);
        if (_released.Contains(step.Session))
            expert.Release(step.Session);
        if (node.IsUp && node.Process == process)
        {
            var bytes = new ArrayBufferWriter<byte>(256);
            StepCodec.Write(reply, bytes);
            node.Send(step.Router, () => step.Answer(step.Session, step.Turn, bytes.WrittenSpan.ToArray()), step.Broken);
        }
        else
            node.Mesh.Network.Break(step.Broken);
        _slots.Push((request, reply));
        if (!_decoding)
            Begin();
    }

    private async Task AnswerAsync(StepRequest request, StepReply reply)
    {
        try
        {
            await expert.StepAsync(request, reply, CancellationToken.None);
        }
        catch (InvalidCastException)   // the bug of a faulty expert
        {
            reply.Reset(request.Session, request.Turn, StepStatus.Failed);
        }
    }

    private static bool Read(ReadOnlySpan<byte> bytes, StepRequest request) => StepCodec.TryRead(ref bytes, request, out _);

    private sealed record Step(byte[] Bytes, SessionId Session, uint Turn, SimulatedNode Router, Action<SessionId, uint, byte[]> Answer, Action Broken);
}
